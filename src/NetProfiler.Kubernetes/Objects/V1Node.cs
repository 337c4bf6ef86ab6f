using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Of a node whether it is there and ready.</summary>
public sealed record V1Node : IKubernetesEntity<V1Node>
{
    public static EntityMetadata<V1Node> EntityMetadata { get; } = new("", "v1", "Node", "nodes", Namespaced: false, KubernetesJson.Default.V1Node);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1NodeStatus Status { get; set; } = new();

    public bool IsReady => Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" });
}

public sealed record V1NodeStatus
{
    /// <summary>By type.</summary>
    public IReadOnlyList<V1StatusCondition> Conditions { get; set; } = [];
}
