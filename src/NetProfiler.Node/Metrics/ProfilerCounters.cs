using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Output;
using NetProfiler.Node.Samples;
using NetProfiler.Telemetry.Export;
using Prometheus;
using Counter = NetProfiler.Capture.Counter;

namespace NetProfiler.Node.Metrics;

/// <summary>
/// The counters of capture, analysis and exporters, in the registry of the process. <see cref="Update"/> copies their values on the
/// ring-buffer thread before the registry is read.
/// </summary>
internal sealed class ProfilerCounters
{
    private static readonly (Counter Counter, string Reason)[] Lost =
    [
        (Counter.LostRingFull, "ring_full"),
        (Counter.LostFault, "memory_fault"),
        (Counter.LostSegments, "too_many_segments"),
        (Counter.LostConnections, "connection_table_full"),
        (Counter.LostCompat, "compat_syscall"),
        (Counter.LostClosed, "socket_closed"),
        (Counter.LostIoUring, "io_uring"),
    ];

    private readonly MetricFactory _factory;
    private readonly List<Action> _updates = [];

    public ProfilerCounters(CollectorRegistry registry, ICaptureCounters counters, ExchangePipeline pipeline, ExchangeObserver observer)
    {
        _factory = Prometheus.Metrics.WithCustomRegistry(registry);
        AddCapture(counters);
        AddAnalysis(pipeline, pipeline.Statistics);
        AddTls(counters, pipeline);
        Count("netprofiler_rule_undecided_total",
            "Total number of exchanges whose rule was not searched, because the budget of the task's patterns was used up.", [],
            () => [([], observer.Tasks.Undecided)]);
        Count("netprofiler_series_overflowed_total", "Total number of exchanges counted in the overflow series.", [],
            () => [([], observer.Metrics.Overflowed)]);
        Count("netprofiler_excluded_requests_total",
            "Total number of requests that a rule with count: false keeps out of the metrics of HTTP requests, by rule.", ["rule"],
            () => observer.Excluded.ByRule.Select(one => One(one.Rule, one.Count)));
    }

    /// <summary>Ring-buffer thread only.</summary>
    public void Update()
    {
        foreach (var update in _updates) update();
    }

    /// <param name="lines">Null if nothing is printed.</param>
    /// <param name="samples">Null if samples have no destination.</param>
    public void AddSamples(ExchangeObserver observer, LineOutput? lines, SampleOutlets? samples)
    {
        Count("netprofiler_samples_dropped_total", "Total number of sampled exchanges that were dropped, by reason.", ["reason"], () =>
        [
            .. observer.Tasks.Dropped.Concat(samples?.Dropped ?? []).Select(drop => One(drop.Reason, drop.Count)),
            One("output_full", lines?.DroppedLines ?? 0),
        ]);
        if (samples is { Exporters: { Count: > 0 } exporters }) AddExporters(exporters);
    }

    private void AddCapture(ICaptureCounters counters)
    {
        Count("netprofiler_capture_events_total", "Total number of events received from the kernel.", [],
            () => [([], counters.Read(Counter.Events))]);
        Count("netprofiler_capture_lost_total", "Total number of socket calls and events lost in the kernel, by reason.", ["reason"], () =>
            [.. Lost.Select(lost => One(lost.Reason, counters.Read(lost.Counter))), One("interrupted", counters.CountLeftOut())]);
        Count("netprofiler_left_alone_calls_total",
            "Total number of socket calls on connections that are ignored because they do not carry HTTP/1.x.", [],
            () => [([], counters.Read(Counter.IgnoredCalls))]);
    }

    private void AddTls(ICaptureCounters counters, ExchangePipeline pipeline)
    {
        Count("netprofiler_tls_sessions_total", "Total number of TLS sessions whose plaintext was read.", [],
            () => [([], counters.Read(Counter.TlsStreams))]);
        Count("netprofiler_tls_unread_total",
            "Total number of TLS connections whose plaintext was not read, by reason; counted at their end.", ["reason"],
            () => OfEach<TlsUnreadReason>(pipeline.TlsUnread.Of));
        Count("netprofiler_tls_calls_lost_total", "Total number of calls of TLS libraries that were missed or not understood, by reason.",
            ["reason"], () =>
        [
            One("return_missed", counters.Read(Counter.TlsLostCalls)),
            One("two_connections", counters.Read(Counter.TlsTwoCarriers)),
        ]);
        Count("netprofiler_tls_sessions_refused_total",
            "Total number of TLS sessions whose plaintext was not read although calls on them were seen, by reason.", ["reason"], () =>
        [
            One("no_evidence", counters.Read(Counter.TlsUnbound)),
            One("no_connection", pipeline.Statistics.TlsSessionsRefused),
            One("table_full", counters.Read(Counter.TlsLostStreams)),
        ]);
    }

    private void AddAnalysis(ExchangePipeline pipeline, CaptureStatistics statistics)
    {
        Count("netprofiler_unpaired_total", "Total number of HTTP messages that were not paired to an exchange, by reason.", ["reason"],
            () => OfEach<UnpairedReason>(statistics.Unpaired));
        Count("netprofiler_exchanges_total", "Total number of exchanges, by how the response was paired with its request.",
            ["pairing"], () =>
        [
            One("proven", statistics.Exchanges - statistics.ExchangesAssumed),
            One("assumed", statistics.ExchangesAssumed),
        ]);
        Count("netprofiler_exchanges_refuted_total", "Total number of assumed exchanges that later evidence refuted.", [],
            () => [([], statistics.ExchangesRefuted)]);
        Count("netprofiler_left_alone_bytes_total",
            "Total number of bytes on connections that are ignored because they do not carry HTTP/1.x.", [],
            () => [([], statistics.LeftAloneBytes)]);
        Count("netprofiler_stream_bytes_total", "Total number of bytes transferred by profiled calls, by fate.", ["fate"], () =>
        [
            One("parsed", statistics.ParsedBytes),
            One("passed", statistics.PassedBytes),
            One("discarded", statistics.DiscardedBytes),
            One("duplicate", statistics.DuplicateBytes),
            One("gap", statistics.GapBytesTotal),
        ]);
        Count("netprofiler_gap_bytes_total", "Total number of bytes missing from HTTP messages, by reason.", ["reason"],
            () => OfEach<GapReason>(statistics.GapBytes));
        Show("netprofiler_connections", "Number of open connections of targets.", [], () => [([], pipeline.Connections)]);
        Count("netprofiler_connections_seen_total", "Total number of connections, by detected protocol.", ["kind"], () =>
        [
            One("http", statistics.ConnectionsHttp),
            One("not_http", statistics.ConnectionsNotHttp),
            One("tls", statistics.ConnectionsTls),
            One("http2", statistics.ConnectionsHttp2),
            One("http09", statistics.ConnectionsHttp09),
            One("tunnel", statistics.ConnectionsTunneled),
            One("older_than_task", statistics.ConnectionsOlder),
            One("given_up", statistics.ConnectionsGivenUp),
            One("refused", statistics.ConnectionsRefused),
            One("swept", statistics.ConnectionsSwept),
        ]);
        Count("netprofiler_owners_not_kept_total",
            "Total number of listening sockets and local addresses not tracked because the table was full.", [],
            () => [([], pipeline.OwnersNotKept)]);
        Count("netprofiler_protocol_anomalies_total",
            "Total number of HTTP messages that parsers may read differently, by kind of anomaly.", ["kind"],
            () => statistics.Anomalies.All.Select(one => One(Words.SnakeCase(one.Kind), one.Count)));
        Count("netprofiler_content_not_held_total",
            "Total number of messages whose content was not held because the memory budget was used up.", [],
            () => [([], statistics.MessagesNotHeld)]);
    }

    private void AddExporters(IReadOnlyList<ISampleExporter> exporters)
    {
        Count("netprofiler_exporter_samples_sent_total", "Total number of samples that the collector accepted.", ["exporter"],
            () => exporters.Select(exporter => One(exporter.Name, exporter.Counts.Sent)));
        Count("netprofiler_exporter_samples_retried_total", "Total number of retried sample deliveries.", ["exporter"],
            () => exporters.Select(exporter => One(exporter.Name, exporter.Counts.Retried)));
        Count("netprofiler_exporter_samples_dropped_total", "Total number of samples that were not delivered to the collector, by reason.",
            ["exporter", "reason"],
            () => exporters.SelectMany(exporter =>
                OfEach<ExportDrop>(exporter.Dropped).Select(one => (new[] { exporter.Name, one.Labels[0] }, one.Value))));
        Show("netprofiler_exporter_samples_queued", "Number of samples queued for the collector.", ["exporter"],
            () => exporters.Select(exporter => One(exporter.Name, exporter.Counts.Queued)));
    }

    private void Count(string name, string help, string[] labels, Func<IEnumerable<(string[] Labels, long Value)>> read)
    {
        var counter = _factory.CreateCounter(name, help, labels);
        _updates.Add(() =>
        {
            foreach (var (values, count) in read()) counter.WithLabels(values).IncTo(count);
        });
    }

    private void Show(string name, string help, string[] labels, Func<IEnumerable<(string[] Labels, long Value)>> read)
    {
        var gauge = _factory.CreateGauge(name, help, labels);
        _updates.Add(() =>
        {
            foreach (var (values, value) in read()) gauge.WithLabels(values).Set(value);
        });
    }

    private static (string[] Labels, long Value) One(string label, long value) => ([label], value);

    private static IEnumerable<(string[] Labels, long Value)> OfEach<TReason>(Func<TReason, long> count)
        where TReason : struct, Enum =>
        Enum.GetValues<TReason>().Select(reason => One(Words.SnakeCase(reason.ToString()), count(reason)));
}
