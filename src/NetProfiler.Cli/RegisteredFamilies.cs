using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Telemetry;

namespace NetProfiler.Cli;

/// <summary>What the client layer counted, as metric families.</summary>
public static class RegisteredFamilies
{
    public static IEnumerable<MetricFamily> Of(MetricsRegistry registry) => registry.Snapshot().Select(Family);

    private static MetricFamily Family(MetricSnapshot metric) => new(
        metric.Name, TypeOf(metric.Kind), metric.Help, metric.Unit, [.. metric.Series.Select(series => Series(metric.Kind, series))]);

    private static MetricType TypeOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => MetricType.Counter,
        MetricKind.Gauge => MetricType.Gauge,
        _ => MetricType.Histogram,
    };

    private static MetricSeries Series(MetricKind kind, SeriesSnapshot series)
    {
        var labels = LabelSet.Of([.. series.Labels.Select(label => (label.Key, label.Value))]);
        return kind switch
        {
            MetricKind.Counter => new CounterSeries(labels, series.Value),
            MetricKind.Gauge => new GaugeSeries(labels, series.Value),
            _ => new HistogramSeries(labels, new([.. series.Histogram!.Bounds]), series.Histogram.Counts.ToArray(), series.Histogram.Sum),
        };
    }
}
