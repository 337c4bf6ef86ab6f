using Prometheus;

namespace NetProfiler.Kubernetes.Client;

/// <summary>client-go's names.</summary>
internal sealed class ApiMetrics(CollectorRegistry registry, string host)
{
    private readonly Counter _requests =
        registry.Counter("rest_client_requests_total", "HTTP requests to the API server, by code; <error>: no answer.", "code", "method", "host");

    private readonly Counter _retries =
        registry.Counter("rest_client_request_retries_total", "Requests that were sent again, by why.", "code", "verb", "host");

    private readonly Histogram _duration = registry.Durations("rest_client_request_duration_seconds", "Time until the answer's head.", "verb", "host");

    private readonly Histogram _throttled = registry.Durations("rest_client_rate_limiter_duration_seconds", "Time that requests waited for this client's own limit.", "verb", "host");

    private readonly Counter _skipped =
        registry.Counter("netprofiler_kubernetes_skipped_objects_total", "Objects that this version cannot read.", "kind");

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
