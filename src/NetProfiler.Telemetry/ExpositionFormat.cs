using System.Diagnostics;

namespace NetProfiler.Telemetry;

public enum ExpositionFormat
{
    /// <summary>Prometheus text 0.0.4: what everything reads.</summary>
    PrometheusText,

    /// <summary>OpenMetrics 1.0: has units, exemplars and creation times, and an end by which a cut response is noticed.</summary>
    OpenMetrics,
}

public static class ExpositionFormatExtensions
{
    public static string ContentType(this ExpositionFormat format) => format switch
    {
        ExpositionFormat.PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
        ExpositionFormat.OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        _ => throw new UnreachableException(),
    };

    /// <summary>What prometheus-net calls it.</summary>
    internal static Prometheus.ExpositionFormat InRegistry(this ExpositionFormat format) =>
        format == ExpositionFormat.OpenMetrics ? Prometheus.ExpositionFormat.OpenMetricsText : Prometheus.ExpositionFormat.PrometheusText;
}
