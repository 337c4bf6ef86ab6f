namespace NetProfiler.Kubernetes.Objects;

/// <summary>What the server answers instead of an object.</summary>
public sealed record V1Status
{
    public string? Status { get; set; }

    public string? Message { get; set; }

    public string? Reason { get; set; }

    public int? Code { get; set; }

    public V1StatusDetails? Details { get; set; }

    public V1ListMeta? Metadata { get; set; }
}

public sealed record V1StatusDetails
{
    public string? Name { get; set; }

    public string? Kind { get; set; }

    public int? RetryAfterSeconds { get; set; }

    public IReadOnlyList<V1StatusCause>? Causes { get; set; }
}

public sealed record V1StatusCause
{
    public string? Reason { get; set; }

    public string? Message { get; set; }

    /// <summary>The path of what is meant, such as <c>spec.targets[0]</c>.</summary>
    public string? Field { get; set; }
}

public sealed record V1ListMeta
{
    public string? ResourceVersion { get; set; }

    /// <summary>Names the next page; null or empty: this was the last.</summary>
    public string? Continue { get; set; }
}
