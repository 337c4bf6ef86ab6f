using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Metrics;

/// <summary>Requests in flight, as metric families with OpenTelemetry's names. Runs on the ring-buffer thread, so it only copies.</summary>
internal static class ActiveFamilies
{
    public static IEnumerable<MetricFamily> Of(ActiveMetrics metrics) =>
    [
        new("http_server_active_requests", MetricType.Gauge, "Number of HTTP server requests in flight.", null,
            Series(metrics, EndpointRole.Server)),
        new("http_client_active_requests", MetricType.Gauge, "Number of HTTP client requests in flight.", null,
            Series(metrics, EndpointRole.Client)),
    ];

    private static GaugeSeries[] Series(ActiveMetrics metrics, EndpointRole role) =>
        [.. metrics.Series.Where(one => one.Key.Role == role).Select(one => new GaugeSeries(LabelsOf(one.Key), one.Requests.Count))];

    private static LabelSet LabelsOf(in ActiveKey key)
    {
        if (key.Process is not { } process) return LabelSet.Of(("otel_metric_overflow", "true"));
        return LabelSet.Of(
        [
            .. key.Container is { } container ? PeerLabels.Of(container) : [],
            ("process", process),
            ("http_request_method", MethodLabel.Of(key.Method)),
            .. key.Server is { } server ? ServerLabels.Of(server) : [("url_scheme", "http")],
        ]);
    }
}
