using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Client;

/// <summary>client-go's names.</summary>
internal sealed class ApiMetrics(MetricsRegistry registry, string host)
{
    private readonly Counter _requests =
        registry.Counter("rest_client_requests", "HTTP requests to the API server, by code; <error>: no answer.", null, "code", "method", "host");

    private readonly Counter _retries =
        registry.Counter("rest_client_request_retries", "Requests that were sent again, by why.", null, "code", "verb", "host");

    private readonly Histogram _duration = registry.Histogram(
        "rest_client_request_duration_seconds", "Time until the answer's head.", "seconds", Histogram.Seconds, "verb", "host");

    private readonly Histogram _throttled = registry.Histogram(
        "rest_client_rate_limiter_duration_seconds", "Time that requests waited for this client's own limit.", "seconds", Histogram.Seconds, "verb", "host");

    private readonly Counter _skipped =
        registry.Counter("netprofiler_kubernetes_skipped_objects", "Objects that this version cannot read.", null, "kind");

    public const string NoAnswer = "<error>";

    public void Answered(ApiRequest request, string code, TimeSpan duration)
    {
        _requests.Increment(code, request.Method.Method, host);
        _duration.Observe(duration.TotalSeconds, request.Verb, host);
    }

    public void Repeated(ApiRequest request, string code) => _retries.Increment(code, request.Verb, host);

    public void Throttled(ApiRequest request, TimeSpan wait) => _throttled.Observe(wait.TotalSeconds, request.Verb, host);

    public void Skipped(string kind) => _skipped.Increment(kind);
}
