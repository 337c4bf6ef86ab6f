namespace NetProfiler.Kubernetes.Client;

/// <summary>What a request asks of the API server, found in its method, path and content.</summary>
/// <param name="Verb">As the API server's authorizer calls it: get, list, watch, create, update, patch, delete.</param>
/// <param name="IsRepeatable">Sent twice it has the effect of once, so it may be repeated when its answer was lost.</param>
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

    /// <summary>Below the version there is a kind's plural alone, or a namespace's.</summary>
    private static bool IsCollection(string[] segments)
    {
        var api = Array.FindLastIndex(segments, segment => segment is "api/" or "apis/");
        var rest = segments.Length - api - (api >= 0 && segments[api] == "api/" ? 2 : 3);
        return rest == 1 || (rest == 3 && segments[^3] == "namespaces/");
    }

    // A replacement or deletion that names a version or a uid is refused when it comes a second time; a merge patch or a create is not.
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
