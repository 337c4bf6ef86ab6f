using System.Diagnostics;

namespace NetProfiler.Telemetry;

public enum ExpositionFormat
{
    /// <summary>Prometheus text 0.0.4, which every scraper supports.</summary>
    PrometheusText,

    /// <summary>
    /// OpenMetrics 1.0, which has units, exemplars and creation times, and an end mark that reveals a truncated response.
    /// </summary>
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

    /// <summary>The corresponding format of prometheus-net.</summary>
    internal static Prometheus.ExpositionFormat InRegistry(this ExpositionFormat format) =>
        format == ExpositionFormat.OpenMetrics ? Prometheus.ExpositionFormat.OpenMetricsText : Prometheus.ExpositionFormat.PrometheusText;
}
