using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Targets;

namespace NetProfiler.Operator.Tasks;

/// <summary>The state of the cluster for a task at one moment.</summary>
/// <param name="Shares">One for every node with a container of the task, and for every node that has participated.</param>
/// <param name="Limits">The limits of the task's namespace.</param>
/// <param name="OlderTasks">Number of tasks in the namespace that were created earlier and are not over; counted only if their number is
/// limited.</param>
internal sealed record TaskObservation(ResolvedTargets Targets, IReadOnlyList<NodeShare> Shares, NamespaceLimits Limits, int OlderTasks)
{
    /// <summary>Whether the namespace's task quota is used up by older tasks.</summary>
    public bool IsOverNamespaceQuota => OlderTasks >= Limits.MaxTasks;

    /// <summary>Whether the task quota is reached on every node that runs a matching container.</summary>
    public bool IsOverQuotaEverywhere =>
        Shares.Any(share => share.Containers > 0) && Shares.All(share => share.IsFull || share.Containers == 0);

    /// <summary>Whether the task waits for another one to end, while its time does not run.</summary>
    public bool IsWaiting => IsOverNamespaceQuota || IsOverQuotaEverywhere;
}
