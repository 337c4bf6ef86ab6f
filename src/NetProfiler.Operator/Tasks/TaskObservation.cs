using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Targets;

namespace NetProfiler.Operator.Tasks;

/// <summary>What the cluster shows of a task at one moment.</summary>
/// <param name="Shares">Of every node with a container of the task, and of every node that has been part of it.</param>
/// <param name="Limits">Those of the task's namespace.</param>
/// <param name="OlderTasks">
/// Number of the namespace's active tasks that were created earlier. Counted only if the number of tasks is limited.
/// </param>
internal sealed record TaskObservation(ResolvedTargets Targets, IReadOnlyList<NodeShare> Shares, NamespaceLimits Limits, int OlderTasks)
{
    /// <summary>The namespace has as many older tasks as it may have.</summary>
    public bool IsOverNamespaceQuota => OlderTasks >= Limits.MaxTasks;

    /// <summary>Every node that runs a matching container has as many tasks as it may have.</summary>
    public bool IsOverQuotaEverywhere =>
        Shares.Any(share => share.Containers > 0) && Shares.All(share => share.IsFull || share.Containers == 0);

    /// <summary>The task waits for another one to end, and its time does not run.</summary>
    public bool IsWaiting => IsOverNamespaceQuota || IsOverQuotaEverywhere;
}
