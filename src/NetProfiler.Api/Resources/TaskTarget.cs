using k8s.Models;

namespace NetProfiler.Api.Resources;

/// <summary>Selects pods, either by their labels or by the workload that owns them.</summary>
public sealed record TaskTarget
{
    public LabelSelector? PodSelector { get; set; }

    public WorkloadReference? WorkloadRef { get; set; }

    /// <summary>Empty for all containers, except init and ephemeral containers.</summary>
    public IReadOnlyList<string> ContainerNames { get; set; } = [];
}

/// <summary>A reference to a workload in the task's namespace.</summary>
public sealed record WorkloadReference
{
    /// <summary>Null if it is missing, which is a fault.</summary>
    public WorkloadKind? Kind { get; set; }

    public string Name { get; set; } = "";

    /// <summary>Whether an owner reference is to this workload. Kinds with the same name in other API groups are different kinds.</summary>
    public bool Matches(V1OwnerReference owner) =>
        owner.Name == Name && owner.Kind == Kind?.ToString()
            && GroupOf(owner.ApiVersion) == (Kind is WorkloadKind.Job or WorkloadKind.CronJob ? "batch" : "apps");

    private static string GroupOf(string apiVersion) => apiVersion.Contains('/') ? apiVersion[..apiVersion.IndexOf('/')] : "";
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
