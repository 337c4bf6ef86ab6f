using k8s.Models;

namespace NetProfiler.Api.Resources;

/// <summary>Pods, meant either by their labels or by the workload that owns them.</summary>
public sealed record TaskTarget
{
    public LabelSelector? PodSelector { get; set; }

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

    /// <summary>Whether an owner reference names this workload. Kinds of equal name in other API groups are other kinds.</summary>
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
