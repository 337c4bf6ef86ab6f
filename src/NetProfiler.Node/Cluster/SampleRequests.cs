using Microsoft.AspNetCore.Http;
using NetProfiler.Kubernetes;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>Answers authorized requests for <c>GET /samples/NAMESPACE/TASK/SAMPLEID</c>.</summary>
internal sealed class SampleRequests(SampleStore samples, SampleAccess access, CollectorRegistry metrics)
{
    public const string Prefix = "/samples/";

    private const string Scheme = "Bearer ";

    private readonly Counter _answers = metrics.Counter("netprofiler_agent_sample_requests_total",
        "Total number of requests for sample content, by response status code.", "code");

    public async Task HandleAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        string[] parts = (context.Request.Path.Value ?? "")[Prefix.Length..].Split('/');
        string header = context.Request.Headers.Authorization.ToString();

        // Authorize before looking up, so that the existence of a sample is not disclosed.
        var allowed = parts is not [{ Length: > 0 }, { Length: > 0 }, { Length: > 0 }] ? Access.Denied
            : !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? Access.NotAuthenticated
            : await access.OfAsync(header[Scheme.Length..].Trim(), parts[0], parts[1], context.RequestAborted).ConfigureAwait(false);
        byte[]? json = allowed == Access.Granted ? samples.Find($"{parts[0]}/{parts[1]}", parts[2]) : null;

        var (status, text) = allowed switch
        {
            _ when parts.Length != 3 => (StatusCodes.Status404NotFound, "not found: use /samples/NAMESPACE/TASK/SAMPLEID\n"),
            Access.NotAuthenticated => (StatusCodes.Status401Unauthorized, "unauthorized: send a bearer token of this cluster\n"),
            Access.Denied => (StatusCodes.Status403Forbidden, "forbidden: requires get on networkprofilingtasks/samples\n"),
            Access.Unknown => (StatusCodes.Status503ServiceUnavailable, "the API server is not reachable\n"),
            _ when json is null => (StatusCodes.Status404NotFound, "sample not found, or expired on this node\n"),
            _ => (StatusCodes.Status200OK, ""),
        };
        _answers.WithLabels($"{status}").Inc();
        response.StatusCode = status;
        response.ContentType = json is null ? "text/plain" : "application/json";
        if (status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        if (status == StatusCodes.Status503ServiceUnavailable) response.Headers.RetryAfter = "1";
        if (json is null) await response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
        else await response.Body.WriteAsync(json, context.RequestAborted).ConfigureAwait(false);
    }
}
