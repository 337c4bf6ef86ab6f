namespace NetProfiler.Kubernetes.Objects;

internal sealed record V1DeleteOptions
{
    public string ApiVersion { get; set; } = "v1";

    public string Kind { get; set; } = "DeleteOptions";

    public string PropagationPolicy { get; set; } = "Background";

    public V1Preconditions? Preconditions { get; set; }
}

internal sealed record V1Preconditions
{
    public string? Uid { get; set; }

    public string? ResourceVersion { get; set; }
}
