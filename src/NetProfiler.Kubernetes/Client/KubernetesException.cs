using System.Net;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>The API server said no; <see cref="Status"/> says why.</summary>
public sealed class KubernetesException : Exception
{
    public KubernetesException(V1Status status, string? request = null, TimeSpan? retryAfter = null, string? auditId = null)
        : base(Describe(status, request, auditId)) =>
        (Status, RetryAfter, AuditId) = (status, retryAfter, auditId);

    public V1Status Status { get; }

    /// <summary>How long the server asked to wait.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Finds the request in the server's audit log.</summary>
    public string? AuditId { get; }

    public HttpStatusCode StatusCode => (HttpStatusCode)(Status.Code ?? 0);

    public bool IsUnauthorized => StatusCode == HttpStatusCode.Unauthorized;

    public bool IsForbidden => StatusCode == HttpStatusCode.Forbidden;

    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;

    public bool IsAlreadyExists => Status.Reason == "AlreadyExists";

    /// <summary>Somebody else was faster, or it is another object than the one that was meant.</summary>
    public bool IsConflict => (StatusCode == HttpStatusCode.Conflict && !IsAlreadyExists) || IsAboutUid;

    /// <summary>The resource version, or the next page, is too old to be had.</summary>
    public bool IsGone => StatusCode == HttpStatusCode.Gone || Status.Reason is "Expired" or "Gone";

    public bool IsInvalid => StatusCode == HttpStatusCode.UnprocessableEntity;

    public bool IsTooManyRequests => StatusCode == HttpStatusCode.TooManyRequests;

    public bool IsServerTimeout => Status.Reason is "ServerTimeout" or "Timeout" || StatusCode == HttpStatusCode.GatewayTimeout;

    /// <summary>The server itself is behind the resource version that was asked for, such as after a restore.</summary>
    public bool IsTooLargeResourceVersion =>
        IsServerTimeout && Status.Details?.Causes?.Any(cause => cause.Reason == "ResourceVersionTooLarge") == true;

    /// <summary>How servers answer an apply of one object where another one has its name by now.</summary>
    private bool IsAboutUid => IsInvalid && Status.Details?.Causes?.Any(cause => cause.Field == "metadata.uid") == true;

    private static string Describe(V1Status status, string? request, string? auditId)
    {
        var text = status.Message is { Length: > 0 } message ? message : status.Reason ?? "no reason given";
        var of = request is null ? "" : $"{request}: ";
        var audit = auditId is null ? "" : $" (audit id {auditId})";
        return $"{of}{text} ({status.Code}){audit}";
    }
}
