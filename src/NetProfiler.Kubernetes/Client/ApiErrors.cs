using System.Net;
using System.Text.Json;
using k8s.Autorest;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>The API server's reason for refusing a request, from its answer, a <see cref="V1Status"/>.</summary>
public static class ApiErrors
{
    private const int MaxExcerptLength = 200;

    extension(HttpOperationException refusal)
    {
        /// <summary>The server's status. If a proxy answered, its text is the message.</summary>
        public V1Status Status => refusal.Body as V1Status ?? new V1Status { Code = (int?)refusal.Response?.StatusCode };

        public HttpStatusCode StatusCode => (HttpStatusCode)(refusal.Status.Code ?? 0);

        public bool IsUnauthorized => refusal.StatusCode == HttpStatusCode.Unauthorized;

        public bool IsForbidden => refusal.StatusCode == HttpStatusCode.Forbidden;

        public bool IsNotFound => refusal.StatusCode == HttpStatusCode.NotFound;

        public bool IsAlreadyExists => refusal.Status.Reason == "AlreadyExists";

        /// <summary>Another client wrote first, or an object with another uid has the name.</summary>
        public bool IsConflict =>
            (refusal.StatusCode == HttpStatusCode.Conflict && !refusal.IsAlreadyExists)
                || (refusal.IsInvalid && HasCause(refusal, "metadata.uid"));

        /// <summary>The resource version, or the next page, has expired.</summary>
        public bool IsGone => refusal.StatusCode == HttpStatusCode.Gone || refusal.Status.Reason is "Expired" or "Gone";

        public bool IsInvalid => refusal.StatusCode == HttpStatusCode.UnprocessableEntity;
    }

    /// <summary>
    /// The exception for a refused request. Its message contains the request, the reason, and the id in the server's audit log.
    /// </summary>
    internal static HttpOperationException Of(V1Status status, string request, string? auditId = null)
    {
        var text = status.Message is { Length: > 0 } message ? message : status.Reason ?? "no reason given";
        var audit = auditId is null ? "" : $" (audit id {auditId})";
        return new HttpOperationException($"{request}: {text} ({status.Code}){audit}") { Body = status };
    }

    /// <summary>The status in a response's content. If the content is not a status, one that quotes its beginning.</summary>
    internal static V1Status StatusOf(string content, HttpResponseMessage response)
    {
        try
        {
            if (JsonSerializer.Deserialize(content, ObjectsJson.Default.V1Status) is { Status: not null } status)
            {
                status.Code = (int)response.StatusCode;
                return status;
            }
        }
        catch (JsonException)
        {
            // The answer of a proxy in front of the server.
        }
        return new V1Status
        {
            Code = (int)response.StatusCode,
            Reason = response.StatusCode.ToString(), // the status code, because the reason phrase may be any text, and this becomes a label
            Message = content.Length <= MaxExcerptLength ? content.Trim() : content[..MaxExcerptLength],
        };
    }

    // The answer of servers to an apply to an object whose name belongs to another object by now.
    private static bool HasCause(HttpOperationException refusal, string field) =>
        refusal.Status.Details?.Causes?.Any(cause => cause.Field == field) == true;
}
