using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

public sealed record V1Namespace : IKubernetesEntity<V1Namespace>
{
    public static EntityMetadata<V1Namespace> EntityMetadata { get; } =
        new("", "v1", "Namespace", "namespaces", Namespaced: false, KubernetesJson.Default.V1Namespace);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1NamespaceStatus Status { get; set; } = new();
}

public sealed record V1NamespaceStatus
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string? Phase { get; set; }
}
