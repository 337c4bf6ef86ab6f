namespace NetProfiler.Kubernetes.Client;

/// <summary>One request, before anyone knows how often it must be sent.</summary>
internal sealed record ApiRequest
{
    /// <summary>As the API server's authorizer calls it: get, list, watch, create, update, patch, delete.</summary>
    public required string Verb { get; init; }

    public required HttpMethod Method { get; init; }

    /// <summary>Below the server's address, with the query.</summary>
    public required string Path { get; init; }

    public byte[]? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>Sent twice it does what it does once: it may be repeated when nobody knows whether the server got it.</summary>
    public bool IsRepeatable { get; init; }

    public bool IsWrite => Method != HttpMethod.Get;

    public override string ToString() => $"{Verb} /{Path}";
}
