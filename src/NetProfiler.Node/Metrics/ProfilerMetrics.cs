using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;
using NetProfiler.Http1;
using NetProfiler.Node.Output;
using NetProfiler.Node.Run;
using NetProfiler.Node.Samples;
using NetProfiler.Telemetry;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Metrics;

/// <summary>What was counted, as metric families. <see cref="Collect"/> runs on the ring-buffer thread: it copies, and no more.</summary>
internal sealed class ProfilerMetrics(ICaptureCounters counters, ExchangePipeline pipeline, ExchangeObserver observer, LineOutput? lines, SampleOutlets? samples)
{
    private static readonly HistogramBounds Seconds = new([.. BucketCounts.DurationBounds.Select(bound => bound / 1e9)]);
    private static readonly HistogramBounds Bytes = new([.. BucketCounts.SizeBounds.Select(bound => (double)bound)]);

    private static readonly (Counter Counter, string Reason)[] Lost =
    [
        (Counter.LostRingFull, "ring_full"),
        (Counter.LostFault, "memory_fault"),
        (Counter.LostSegments, "too_many_segments"),
        (Counter.LostConnections, "connection_table_full"),
        (Counter.LostCompat, "compat_syscall"),
        (Counter.LostClosed, "socket_closed"),
    ];

    private readonly ConditionalWeakTable<ExchangeSeries, LabelSet> _labels = [];
    private readonly PhaseFamily _phases = new();
    private readonly TcpFamilies _tcp = new();
    private readonly long _startedNanoseconds = MonotonicClock.Nanoseconds;

    public IReadOnlyList<MetricFamily> Collect()
    {
        double wallOffset = observer.WallOffsetNanoseconds / 1e9;
        var series = observer.Metrics.Series.ToList();
        var statistics = pipeline.Statistics;
        double started = (_startedNanoseconds + MonotonicClock.WallOffsetNanoseconds()) / 1e9;

        var families = new List<MetricFamily>();
        foreach (var (role, side) in new[] { (EndpointRole.Server, "server"), (EndpointRole.Client, "client") })
        {
            var own = series.Where(one => one.Role == role).ToList();
            families.Add(Histograms($"http_{side}_request_duration_seconds", $"Duration of HTTP {side} requests.", "seconds", Seconds, own, one => one.Duration, 1e9, wallOffset));
            families.Add(Histograms($"http_{side}_request_size_bytes", $"Size of HTTP {side} requests, the whole message.", "bytes", Bytes, own, one => one.RequestSize, 1, wallOffset));
            families.Add(Histograms($"http_{side}_response_size_bytes", $"Size of HTTP {side} responses, the whole message.", "bytes", Bytes, own, one => one.ResponseSize, 1, wallOffset));
        }

        families.Add(_phases.Of(observer.Phases, wallOffset));
        families.AddRange(_tcp.Of(observer.Tcp, wallOffset));

        MetricFamily Counters(string name, string help, string? unit, IEnumerable<(LabelSet Labels, long Value)> values) =>
            new(name, MetricType.Counter, help, unit, [.. values.Select(value => new CounterSeries(value.Labels, value.Value, null, started))]);

        families.Add(Counters("netprofiler_capture_events", "Events that the kernel side handed over.", null, [(LabelSet.Empty, counters.Read(Counter.Events))]));
        families.Add(Counters("netprofiler_capture_lost", "Calls and events that were lost in the kernel, by reason.", null,
            Lost.Select(lost => (Label("reason", lost.Reason), counters.Read(lost.Counter))).Append((Label("reason", "interrupted"), counters.CountLeftOut()))));
        families.Add(Counters("netprofiler_unpaired", "Messages that became no exchange, by reason.", null,
            Enum.GetValues<UnpairedReason>().Select(reason => (Label("reason", Words.SnakeCase(reason.ToString())), statistics.Unpaired(reason)))));
        families.Add(Counters("netprofiler_exchanges", "Exchanges, by how sure it is that the response answers the request.", null,
        [
            (Label("pairing", "proven"), statistics.Exchanges - statistics.ExchangesAssumed),
            (Label("pairing", "assumed"), statistics.ExchangesAssumed),
        ]));
        families.Add(Counters("netprofiler_exchanges_refuted", "Exchanges that were assumed to be paired, and contradicted later.", null,
            [(LabelSet.Empty, statistics.ExchangesRefuted)]));
        families.Add(Counters("netprofiler_left_alone_bytes", "Bytes of connections that are left alone, and were not handed over.", "bytes",
            [(LabelSet.Empty, statistics.LeftAloneBytes)]));
        families.Add(Counters("netprofiler_left_alone_calls", "Calls on connections that are left alone.", null,
            [(LabelSet.Empty, counters.Read(Counter.IgnoredCalls))]));
        families.Add(Counters("netprofiler_stream_bytes", "Bytes that profiled calls moved, by what became of them.", "bytes",
        [
            (Label("fate", "parsed"), statistics.ParsedBytes),
            (Label("fate", "passed"), statistics.PassedBytes),
            (Label("fate", "discarded"), statistics.DiscardedBytes),
            (Label("fate", "duplicate"), statistics.DuplicateBytes),
            (Label("fate", "gap"), statistics.GapBytesTotal),
        ]));
        families.Add(Counters("netprofiler_gap_bytes", "Bytes that were not seen although they mattered, by reason.", "bytes",
            Enum.GetValues<GapReason>().Select(reason => (Label("reason", Words.SnakeCase(reason.ToString())), statistics.GapBytes(reason)))));
        families.Add(new MetricFamily("netprofiler_connections", MetricType.Gauge, "Connections of targets that are open.", null,
            [new GaugeSeries(LabelSet.Empty, pipeline.Connections)]));
        families.Add(Counters("netprofiler_connections_seen", "Connections, by what was found in them.", null,
        [
            (Label("kind", "http"), statistics.ConnectionsHttp),
            (Label("kind", "not_http"), statistics.ConnectionsNotHttp),
            (Label("kind", "tls"), statistics.ConnectionsTls),
            (Label("kind", "http2"), statistics.ConnectionsHttp2),
            (Label("kind", "http09"), statistics.ConnectionsHttp09),
            (Label("kind", "tunnel"), statistics.ConnectionsTunneled),
            (Label("kind", "older_than_task"), statistics.ConnectionsOlder),
            (Label("kind", "given_up"), statistics.ConnectionsGivenUp),
            (Label("kind", "refused"), statistics.ConnectionsRefused),
            (Label("kind", "swept"), statistics.ConnectionsSwept),
        ]));
        families.Add(Counters("netprofiler_owners_not_kept", "Listening sockets and addresses of this machine whose owner is not remembered, for there are too many.", null,
            [(LabelSet.Empty, pipeline.OwnersNotKept)]));
        families.Add(Counters("netprofiler_protocol_anomalies", "Messages in which two readers could disagree, by kind.", null,
            statistics.Anomalies.All.Select(one => (Label("kind", Words.SnakeCase(one.Kind)), one.Count))));
        families.Add(Counters("netprofiler_samples", "Exchanges that a rule sampled.", null,
            observer.Tasks.Samples.Select(sample => (LabelSet.Of(("rule", sample.Key.Rule), ("reason", ExchangePrinter.NameOf(sample.Key.Reason))), sample.Count))));
        families.Add(Counters("netprofiler_samples_dropped", "Sampled exchanges that were not handed on, by reason.", null,
            observer.Tasks.Dropped.Concat(samples?.Dropped ?? []).Append((Reason: "output_full", Count: lines?.DroppedLines ?? 0)).Select(drop => (Label("reason", drop.Reason), drop.Count))));
        families.Add(Counters("netprofiler_content_not_held", "Times that content of an exchange was not held, for the budget was used up.", null, [(LabelSet.Empty, statistics.MessagesNotHeld)]));
        AddExporters(families, Counters);
        families.Add(Counters("netprofiler_series_overflowed", "Exchanges counted in the overflow series.", null, [(LabelSet.Empty, observer.Metrics.Overflowed)]));

        using var self = Process.GetCurrentProcess();
        families.Add(new MetricFamily("process_cpu_seconds", MetricType.Counter, "CPU time of the agent itself.", "seconds",
            [new CounterSeries(LabelSet.Empty, self.TotalProcessorTime.TotalSeconds)]));
        families.Add(new MetricFamily("process_resident_memory_bytes", MetricType.Gauge, "Resident memory of the agent itself.", "bytes",
            [new GaugeSeries(LabelSet.Empty, self.WorkingSet64)]));
        return families;
    }

    private void AddExporters(List<MetricFamily> families, Func<string, string, string?, IEnumerable<(LabelSet, long)>, MetricFamily> counters)
    {
        if (samples is not { Exporters: { Count: > 0 } exporters }) return;

        families.Add(counters("netprofiler_exporter_samples_sent", "Samples that a collector took.", null,
            exporters.Select(exporter => (Label("exporter", exporter.Name), exporter.Counts.Sent))));
        families.Add(counters("netprofiler_exporter_samples_retried", "Samples that were sent once more, each time.", null,
            exporters.Select(exporter => (Label("exporter", exporter.Name), exporter.Counts.Retried))));
        families.Add(counters("netprofiler_exporter_samples_dropped", "Samples that a collector did not get, by reason.", null,
            exporters.SelectMany(exporter => Enum.GetValues<ExportDrop>().Select(reason =>
                (LabelSet.Of(("exporter", exporter.Name), ("reason", Words.SnakeCase(reason.ToString()))), exporter.Dropped(reason))))));
        families.Add(new MetricFamily("netprofiler_exporter_samples_queued", MetricType.Gauge, "Samples that wait for a collector.", null,
            [.. exporters.Select(exporter => new GaugeSeries(Label("exporter", exporter.Name), exporter.Counts.Queued))]));
    }

    private MetricFamily Histograms(
        string name, string help, string unit, HistogramBounds bounds, List<ExchangeSeries> series, Func<ExchangeSeries, BucketCounts> counts, double scale, double wallOffset) =>
        new(name, MetricType.Histogram, help, unit,
        [
            .. series.Select(one => new HistogramSeries(
                _labels.GetValue(one, LabelsOf), bounds, counts(one).Counts.ToArray(), counts(one).Sum / scale,
                Exemplars: counts(one) == one.Duration ? ExemplarsOf(one, wallOffset) : default,
                CreatedUnixSeconds: one.CreatedNanoseconds / 1e9 + wallOffset)),
        ]);

    private static Exemplar?[] ExemplarsOf(ExchangeSeries series, double wallOffset)
    {
        var exemplars = series.DurationExemplars.Latest;
        var shown = new Exemplar?[exemplars.Length];
        for (int bucket = 0; bucket < exemplars.Length; bucket++)
        {
            if (exemplars[bucket] is not { } one) continue;
            var labels = LabelSet.Of(("trace_id", one.Trace.TraceId), ("span_id", one.Trace.SpanId));
            shown[bucket] = new Exemplar(labels, one.Value / 1e9, one.TimeNanoseconds / 1e9 + wallOffset);
        }

        return shown;
    }

    private static LabelSet LabelsOf(ExchangeSeries series)
    {
        if (series.Peers is not { } peers) return Label("otel_metric_overflow", "true");

        List<(string, string)> labels =
        [
            .. peers.All,
            ("http_request_method", series.Method == RequestMethod.Other ? "_OTHER" : series.Method.ToString().ToUpperInvariant()),
            ("http_response_status_code", series.Status.ToString()),
        ];
        if (series.Route.Length > 0) labels.Add(("http_route", series.Route));
        return LabelSet.Of([.. labels]);
    }

    private static LabelSet Label(string name, string value) => LabelSet.Of((name, value));
}
