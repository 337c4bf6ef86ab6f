using System.Runtime.CompilerServices;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Samples;
using NetProfiler.Capture;
using NetProfiler.Node.Exchanges;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Metrics;

/// <summary>
/// Measurements of traffic as metric families, whose series come and go, and have exemplars and creation times. Plain counters are in the
/// registry (<see cref="ProfilerCounters"/>). <see cref="Collect"/> runs on the ring-buffer thread, so it only copies.
/// </summary>
internal sealed class ProfilerMetrics(ExchangeObserver observer, ProfilerCounters counters)
{
    private static readonly HistogramBounds Seconds = new([.. BucketCounts.DurationBounds.Select(bound => bound / 1e9)]);
    private static readonly HistogramBounds Bytes = new([.. BucketCounts.SizeBounds.Select(bound => (double)bound)]);

    private readonly ConditionalWeakTable<ExchangeSeries, LabelSet> _labels = [];
    private readonly PhaseFamily _phases = new();
    private readonly TcpFamilies _tcp = new();
    private readonly long _startedNanoseconds = MonotonicClock.Nanoseconds;

    public IReadOnlyList<MetricFamily> Collect()
    {
        observer.OnScrape(MonotonicClock.Nanoseconds);
        double wallOffset = observer.WallOffsetNanoseconds / 1e9;
        var series = observer.Metrics.Series.ToList();
        double started = (_startedNanoseconds + MonotonicClock.WallOffsetNanoseconds()) / 1e9;

        var families = new List<MetricFamily>();
        foreach (var (role, side) in new[] { (EndpointRole.Server, "server"), (EndpointRole.Client, "client") })
        {
            var own = series.Where(one => one.Role == role).ToList();
            families.Add(Histograms($"http_{side}_request_duration_seconds", $"Duration of HTTP {side} requests in seconds.", "seconds",
                Seconds, own,
                one => one.Duration, 1e9, wallOffset));
            families.Add(Histograms($"http_{side}_request_size_bytes", $"Size of HTTP {side} requests in bytes, including the head.",
                "bytes", Bytes,
                own, one => one.RequestSize, 1, wallOffset));
            families.Add(Histograms($"http_{side}_response_size_bytes",
                $"Size of HTTP {side} responses in bytes, including the head.", "bytes",
                Bytes, own, one => one.ResponseSize, 1, wallOffset));
        }

        families.AddRange(ActiveFamilies.Of(observer.Active));
        families.Add(UnfinishedFamily.Of(observer.Unfinished, wallOffset));
        families.Add(_phases.Of(observer.Phases, wallOffset));
        families.AddRange(_tcp.Of(observer.Tcp, wallOffset));

        families.Add(new MetricFamily("netprofiler_samples", MetricType.Counter, "Total number of sampled exchanges, by rule.", null,
            [.. observer.Tasks.Samples.Select(sample => new CounterSeries(
                LabelSet.Of(("rule", sample.Key.Rule), ("reason", ShownSample.NameOf(sample.Key.Reason))), sample.Count, null, started))]));
        counters.Update();
        return families;
    }

    private MetricFamily Histograms(
        string name, string help, string unit, HistogramBounds bounds, List<ExchangeSeries> series,
        Func<ExchangeSeries, BucketCounts> counts, double scale, double wallOffset) =>
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
        if (series.IsOverflow) return Label("otel_metric_overflow", "true");

        List<(string, string)> labels =
        [
            .. series.Peers?.All ?? [("otel_metric_overflow", "true")],
            ("http_request_method", MethodLabel.Of(series.Method)),
            ("http_response_status_code", series.Status.ToString()),
        ];
        bool isServer = series.Role == EndpointRole.Server;
        if (series.Status >= (isServer ? 500 : 400)) labels.Add(("error_type", series.Status.ToString()));
        if (isServer) labels.Add(("url_scheme", series.IsTls ? "https" : "http"));
        if (series.IsTls) labels.Add(("tls", "true"));
        if (series.Server is { } server) labels.AddRange(ServerLabels.Of(server));
        if (series.Rule.Length > 0) labels.Add(("netprofiler_rule", series.Rule));
        return LabelSet.Of([.. labels]);
    }

    private static LabelSet Label(string name, string value) => LabelSet.Of((name, value));
}
