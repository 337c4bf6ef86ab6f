namespace NetProfiler.Kubernetes.Resources;

/// <summary>Of Kubernetes' metadata, what a task's author writes.</summary>
public sealed record ObjectMeta
{
    public string Name { get; init; } = "";

    /// <summary>Null: the namespace of whoever applies it.</summary>
    public string? Namespace { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}
