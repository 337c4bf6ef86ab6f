using System.Runtime.CompilerServices;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Metrics;

/// <summary>The phases of exchanges as a metric family. Runs on the ring-buffer thread, so it only copies.</summary>
internal sealed class PhaseFamily
{
    private static readonly HistogramBounds Bounds = new([.. BucketCounts.PhaseBounds.Select(bound => bound / 1e9)]);
    private static readonly ExchangePhase[] All = Enum.GetValues<ExchangePhase>();

    private readonly ConditionalWeakTable<PhaseSeries, LabelSet[]> _labels = [];

    public MetricFamily Of(PhaseMetrics phases, double wallOffset) =>
        new("netprofiler_http_phase_seconds", MetricType.Histogram,
            "Duration of each phase of HTTP exchanges in seconds, as observed at the profiled side.", "seconds",
        [
            .. phases.Series.SelectMany(series => All.Where(phase => series[phase] is not null).Select(phase => new HistogramSeries(
                _labels.GetValue(series, LabelsOf)[(int)phase], Bounds, series[phase]!.Counts.ToArray(), series[phase]!.Sum / 1e9,
                CreatedUnixSeconds: series.CreatedNanoseconds / 1e9 + wallOffset))),
        ]);

    private static LabelSet[] LabelsOf(PhaseSeries series) =>
    [
        .. All.Select(phase => LabelSet.Of(
        [
            .. series.Peers is { } peers ? peers.All : [("otel_metric_overflow", "true")],
            ("role", series.Role == EndpointRole.Server ? "server" : "client"),
            ("phase", phase.ToString().ToLowerInvariant()),
        ])),
    ];
}
