using System.Text.Json.Serialization;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Of a service its addresses.</summary>
public sealed record V1Service : IKubernetesEntity<V1Service>
{
    public static EntityMetadata<V1Service> EntityMetadata { get; } = new("", "v1", "Service", "services", Namespaced: true, KubernetesJson.Default.V1Service);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1ServiceSpec Spec { get; set; } = new();
}

public sealed record V1ServiceSpec
{
    /// <summary><c>None</c>: the service has no address of its own.</summary>
    [JsonPropertyName("clusterIP")]
    public string? ClusterIP { get; set; }

    /// <summary>Of both families, where the service has both.</summary>
    [JsonPropertyName("clusterIPs")]
    public IReadOnlyList<string>? ClusterIPs { get; set; }
}
