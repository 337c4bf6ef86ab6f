using System.Text.Json;
using System.Text.Json.Serialization;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Who leads, and until when.</summary>
public sealed record V1Lease : IKubernetesEntity<V1Lease>
{
    public static EntityMetadata<V1Lease> EntityMetadata { get; } =
        new("coordination.k8s.io", "v1", "Lease", "leases", Namespaced: true, KubernetesJson.Default.V1Lease);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1LeaseSpec Spec { get; set; } = new();
}

public sealed record V1LeaseSpec
{
    /// <summary>Null or empty: nobody.</summary>
    public string? HolderIdentity { get; set; }

    public int? LeaseDurationSeconds { get; set; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; set; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; set; }

    public int? LeaseTransitions { get; set; }

    /// <summary>Fields of coordinated elections, which others own: kept as they are.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}
