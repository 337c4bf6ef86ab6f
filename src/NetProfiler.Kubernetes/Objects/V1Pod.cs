using System.Text.Json.Serialization;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Of a pod what tells which containers run where. Pods are the largest cache: what is not here is not kept.</summary>
public sealed record V1Pod : IKubernetesEntity<V1Pod>
{
    public static EntityMetadata<V1Pod> EntityMetadata { get; } = new("", "v1", "Pod", "pods", Namespaced: true, KubernetesJson.Default.V1Pod);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1PodSpec Spec { get; set; } = new();

    public V1PodStatus Status { get; set; } = new();
}

public sealed record V1PodSpec
{
    /// <summary>Null: not scheduled yet.</summary>
    public string? NodeName { get; set; }

    /// <summary>Its addresses are the node's.</summary>
    public bool? HostNetwork { get; set; }

    public IReadOnlyList<V1Container> Containers { get; set; } = [];
}

public sealed record V1Container
{
    public string Name { get; set; } = "";
}

public sealed record V1PodStatus
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; set; }

    [JsonPropertyName("podIP")]
    public string? PodIP { get; set; }

    /// <summary>Of both families, where the pod has both.</summary>
    [JsonPropertyName("podIPs")]
    public IReadOnlyList<V1PodIP>? PodIPs { get; set; }

    /// <summary>By type; <c>Ready</c> is one.</summary>
    public IReadOnlyList<V1StatusCondition> Conditions { get; set; } = [];

    public IReadOnlyList<V1ContainerStatus> ContainerStatuses { get; set; } = [];

    public IReadOnlyList<V1ContainerStatus> InitContainerStatuses { get; set; } = [];

    public IReadOnlyList<V1ContainerStatus> EphemeralContainerStatuses { get; set; } = [];
}

public sealed record V1PodIP
{
    [JsonPropertyName("ip")]
    public string? IP { get; set; }
}

public sealed record V1ContainerStatus
{
    public string Name { get; set; } = "";

    /// <summary>As the kubelet tells it: <c>containerd://…</c>; null or empty before the first start.</summary>
    [JsonPropertyName("containerID")]
    public string? ContainerId { get; set; }

    public V1ContainerState State { get; set; } = new();

    public bool IsRunning => State.Running is not null && !string.IsNullOrEmpty(ContainerId);
}

public sealed record V1ContainerState
{
    /// <summary>Null: it waits, or has ended.</summary>
    public V1ContainerStateRunning? Running { get; set; }
}

public sealed record V1ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; set; }
}

/// <summary>A condition of an object that is not ours.</summary>
public sealed record V1StatusCondition
{
    public string Type { get; set; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; set; } = "Unknown";
}
