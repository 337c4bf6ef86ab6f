using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Metrics;

/// <summary>Requests that were cut short, as a metric family. Runs on the ring-buffer thread, so it only copies.</summary>
internal static class UnfinishedFamily
{
    public static MetricFamily Of(UnfinishedMetrics metrics, double wallOffset) =>
        new("netprofiler_http_unfinished_requests", MetricType.Counter,
            "Total number of HTTP requests without a complete response, by error type. Without a status code if no response began.", null,
            [.. metrics.All.Select(one => new CounterSeries(LabelsOf(one.Key), one.Value.Count, null,
                one.Value.CreatedNanoseconds / 1e9 + wallOffset))]);

    private static LabelSet LabelsOf(in UnfinishedKey key)
    {
        List<(string, string)> labels = [.. key.Peers?.All ?? [("otel_metric_overflow", "true")],
            ("role", key.Role == EndpointRole.Server ? "server" : "client")];
        if (key.Peers is null) return LabelSet.Of([.. labels]);
        labels.Add(("http_request_method", MethodLabel.Of(key.Method)));
        if (key.Status != 0) labels.Add(("http_response_status_code", key.Status.ToString()));
        labels.Add(("error_type", ShownSample.NameOf(key.EndedBy)));
        if (key.Rule.Length > 0) labels.Add(("netprofiler_rule", key.Rule));
        return LabelSet.Of([.. labels]);
    }
}
