using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>
/// The fields of a pod that determine which containers run where. Pods are the largest cache: the library's model of one takes 26 kB, this
/// one 2 kB. Other fields are not kept.
/// </summary>
[KubernetesEntity(Group = V1Pod.KubeGroup, ApiVersion = V1Pod.KubeApiVersion, Kind = V1Pod.KubeKind, PluralName = V1Pod.KubePluralName)]
public sealed record PodRecord : IKubernetesObject<V1ObjectMeta>
{
    public V1ObjectMeta Metadata { get; set; } = new();

    public PodSpec Spec { get; set; } = new();

    public PodStatus Status { get; set; } = new();

    // Implied by the type; the server omits them in lists.
    string IKubernetesObject.ApiVersion { get => V1Pod.KubeApiVersion; set { } }

    string IKubernetesObject.Kind { get => V1Pod.KubeKind; set { } }
}

public sealed record PodSpec
{
    /// <summary>Null if the pod is not scheduled yet.</summary>
    public string? NodeName { get; set; }

    /// <summary>If true, the pod's addresses are those of the node.</summary>
    public bool? HostNetwork { get; set; }

    public IReadOnlyList<PodContainer> Containers { get; set; } = [];
}

public sealed record PodContainer
{
    public string Name { get; set; } = "";
}

public sealed record PodStatus
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; set; }

    [JsonPropertyName("podIP")]
    public string? PodIP { get; set; }

    /// <summary>One address per IP family of the pod.</summary>
    [JsonPropertyName("podIPs")]
    public IReadOnlyList<PodAddress>? PodIPs { get; set; }

    /// <summary>Conditions by type, such as <c>Ready</c>.</summary>
    public IReadOnlyList<PodCondition> Conditions { get; set; } = [];

    public IReadOnlyList<PodContainerStatus> ContainerStatuses { get; set; } = [];

    public IReadOnlyList<PodContainerStatus> InitContainerStatuses { get; set; } = [];

    public IReadOnlyList<PodContainerStatus> EphemeralContainerStatuses { get; set; } = [];
}

public sealed record PodAddress
{
    [JsonPropertyName("ip")]
    public string? IP { get; set; }
}

public sealed record PodCondition
{
    public string Type { get; set; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; set; } = "Unknown";
}

public sealed record PodContainerStatus
{
    public string Name { get; set; } = "";

    /// <summary>As set by the kubelet: <c>containerd://…</c>. Null or empty before the first start.</summary>
    [JsonPropertyName("containerID")]
    public string? ContainerId { get; set; }

    public PodContainerState State { get; set; } = new();

    public bool IsRunning => State.Running is not null && !string.IsNullOrEmpty(ContainerId);
}

public sealed record PodContainerState
{
    /// <summary>Null if the container waits, or has ended.</summary>
    public PodContainerRunning? Running { get; set; }
}

public sealed record PodContainerRunning
{
    public DateTimeOffset? StartedAt { get; set; }
}
