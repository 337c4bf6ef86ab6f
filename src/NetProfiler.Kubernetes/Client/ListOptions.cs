namespace NetProfiler.Kubernetes.Client;

/// <summary>Which objects of a kind are meant. Null: no limit of that sort.</summary>
public sealed record ListOptions
{
    public static ListOptions All { get; } = new();

    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }

    /// <summary>
    /// "0": whatever the server has at hand; null: nothing older than the moment of the request; else not older than that version.
    /// </summary>
    public string? ResourceVersion { get; init; }
}
