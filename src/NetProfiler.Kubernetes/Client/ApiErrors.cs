using System.Net;
using System.Text.Json;
using k8s.Autorest;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Why the API server refused: what its answer, a <see cref="V1Status"/>, says.</summary>
public static class ApiErrors
{
    private const int MaxExcerptLength = 200;

    extension(HttpOperationException refusal)
    {
        /// <summary>As the server said it; what a proxy said in its own words is the message.</summary>
        public V1Status Status => refusal.Body as V1Status ?? new V1Status { Code = (int?)refusal.Response?.StatusCode };

        public HttpStatusCode StatusCode => (HttpStatusCode)(refusal.Status.Code ?? 0);

        public bool IsUnauthorized => refusal.StatusCode == HttpStatusCode.Unauthorized;

        public bool IsForbidden => refusal.StatusCode == HttpStatusCode.Forbidden;

        public bool IsNotFound => refusal.StatusCode == HttpStatusCode.NotFound;

        public bool IsAlreadyExists => refusal.Status.Reason == "AlreadyExists";

        /// <summary>Another client wrote first, or the name belongs to another object than the one that was meant.</summary>
        public bool IsConflict =>
            (refusal.StatusCode == HttpStatusCode.Conflict && !refusal.IsAlreadyExists)
                || (refusal.IsInvalid && HasCause(refusal, "metadata.uid"));

        /// <summary>The resource version, or the next page, has expired.</summary>
        public bool IsGone => refusal.StatusCode == HttpStatusCode.Gone || refusal.Status.Reason is "Expired" or "Gone";

        public bool IsInvalid => refusal.StatusCode == HttpStatusCode.UnprocessableEntity;
    }

    /// <summary>A refusal, with a message that says which request was refused, why, and where the server's audit log has it.</summary>
    internal static HttpOperationException Of(V1Status status, string request, string? auditId = null)
    {
        var text = status.Message is { Length: > 0 } message ? message : status.Reason ?? "no reason given";
        var audit = auditId is null ? "" : $" (audit id {auditId})";
        return new HttpOperationException($"{request}: {text} ({status.Code}){audit}") { Body = status };
    }

    /// <summary>The status in a response's content, or one that quotes the beginning of a content that is none.</summary>
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
            // A proxy in front of the server answered.
        }
        return new V1Status
        {
            Code = (int)response.StatusCode,
            Reason = response.StatusCode.ToString(), // not the phrase, which may be any text: it becomes a label
            Message = content.Length <= MaxExcerptLength ? content.Trim() : content[..MaxExcerptLength],
        };
    }

    // How servers answer an apply to one object where another one has its name by now.
    private static bool HasCause(HttpOperationException refusal, string field) =>
        refusal.Status.Details?.Causes?.Any(cause => cause.Field == field) == true;
}
