namespace NetProfiler.Kubernetes.Client;

/// <summary>Properties of a request to the API server, derived from its method, path and content.</summary>
/// <param name="Verb">The verb as in the API server's authorizer: get, list, watch, create, update, patch, delete.</param>
/// <param name="IsRepeatable">Whether the request is idempotent, so that it may be repeated when its answer was lost.</param>
internal sealed record ApiRequest(string Verb, HttpMethod Method, string Path, bool IsRepeatable)
{
    public bool IsWrite => Method != HttpMethod.Get;

    public bool IsWatch => Verb == "watch";

    public static async Task<ApiRequest> OfAsync(HttpRequestMessage message)
    {
        var uri = message.RequestUri!;
        var verb = message.Method.Method switch
        {
            "GET" when uri.Query.Contains("watch=true", StringComparison.Ordinal) => "watch",
            "GET" => IsCollection(uri.Segments) ? "list" : "get",
            "POST" => "create",
            "PUT" => "update",
            var method => method.ToLowerInvariant(),
        };
        return new ApiRequest(verb, message.Method, uri.AbsolutePath, await IsRepeatableAsync(message));
    }

    public override string ToString() => $"{Verb} {Path}";

    /// <summary>Whether the path ends, after the version, with only the plural of a kind, or that in a namespace.</summary>
    private static bool IsCollection(string[] segments)
    {
        var api = Array.FindLastIndex(segments, segment => segment is "api/" or "apis/");
        var rest = segments.Length - api - (api >= 0 && segments[api] == "api/" ? 2 : 3);
        return rest == 1 || (rest == 3 && segments[^3] == "namespaces/");
    }

    // A replacement or deletion with a resource version or a uid is refused the second time; a merge patch or a create is not.
    private static async Task<bool> IsRepeatableAsync(HttpRequestMessage message) => message.Method.Method switch
    {
        "GET" => true,
        "PATCH" => message.Content?.Headers.ContentType?.MediaType == "application/apply-patch+yaml",
        "PUT" => (await message.Content!.ReadAsStringAsync()).Contains("\"resourceVersion\":", StringComparison.Ordinal),
        "DELETE" => message.Content is not null
            && (await message.Content.ReadAsStringAsync()).Contains("\"preconditions\":", StringComparison.Ordinal),
        _ => false,
    };
}
