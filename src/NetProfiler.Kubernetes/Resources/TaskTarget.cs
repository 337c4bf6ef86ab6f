using k8s.Models;

namespace NetProfiler.Kubernetes.Resources;

/// <summary>Pods, meant either by their labels or by the workload that owns them.</summary>
public sealed record TaskTarget
{
    public V1LabelSelector? PodSelector { get; set; }

    public WorkloadReference? WorkloadRef { get; set; }

    /// <summary>Empty: all containers but init and ephemeral ones.</summary>
    public IReadOnlyList<string> ContainerNames { get; set; } = [];
}

/// <summary>Names a workload of the task's namespace.</summary>
public sealed record WorkloadReference
{
    /// <summary>Null where it was not given, which is a fault.</summary>
    public WorkloadKind? Kind { get; set; }

    public string Name { get; set; } = "";
}

public enum WorkloadKind
{
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
}
