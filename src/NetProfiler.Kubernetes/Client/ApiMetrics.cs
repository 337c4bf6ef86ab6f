using Prometheus;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Metrics with the names of client-go.</summary>
internal sealed class ApiMetrics(CollectorRegistry registry, string host)
{
    private readonly Counter _requests =
        registry.Counter("rest_client_requests_total",
            "Total number of requests to the API server, by status code. <error> if there was no response.", "code", "method", "host");

    private readonly Counter _retries =
        registry.Counter("rest_client_request_retries_total", "Total number of retried requests to the API server, by reason.", "code",
            "verb", "host");

    private readonly Histogram _duration = registry.Durations("rest_client_request_duration_seconds",
        "Duration of requests to the API server in seconds, until the response head.", "verb", "host");

    private readonly Histogram _throttled = registry.Durations("rest_client_rate_limiter_duration_seconds",
        "Time in seconds that requests waited for the client-side rate limiter.", "verb", "host");

    private readonly Counter _skipped =
        registry.Counter("netprofiler_kubernetes_skipped_objects_total",
            "Total number of objects skipped because this version cannot read them.", "kind");

    public const string NoAnswer = "<error>";

    public void Answered(ApiRequest request, string code, TimeSpan duration)
    {
        _requests.WithLabels(code, request.Method.Method, host).Inc();
        _duration.WithLabels(request.Verb, host).Observe(duration.TotalSeconds);
    }

    public void Repeated(ApiRequest request, string code) => _retries.WithLabels(code, request.Verb, host).Inc();

    public void Throttled(ApiRequest request, TimeSpan wait) => _throttled.WithLabels(request.Verb, host).Observe(wait.TotalSeconds);

    public void Skipped(string kind) => _skipped.WithLabels(kind).Inc();
}
