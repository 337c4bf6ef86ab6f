namespace NetProfiler.Kubernetes.Client;

/// <summary>Selects objects of a kind. Null does not restrict the selection.</summary>
public sealed record ListOptions
{
    public static ListOptions All { get; } = new();

    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }

    /// <summary>
    /// "0": any version that the server has cached. Null: not older than the request. Otherwise: not older than this version.
    /// </summary>
    public string? ResourceVersion { get; init; }
}
