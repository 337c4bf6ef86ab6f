using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Operator.Targets;

/// <summary>Matches pods and their running containers against a task's targets.</summary>
internal static class TargetMatch
{
    /// <summary>Whether one of the task's targets matches the pod, running or not, on any node.</summary>
    public static bool Means(NetworkProfilingTask task, PodRecord pod, IOwnerLookup owners) =>
        pod.Metadata.NamespaceProperty == task.Metadata.NamespaceProperty && task.Spec.Targets.Any(target => Means(target, pod, owners));

    /// <summary>
    /// The running containers, sorted by container id. Init and ephemeral containers never match: their statuses are in separate lists,
    /// which are not read.
    /// </summary>
    public static IReadOnlyList<NodeTarget> Containers(NetworkProfilingTask task, PodRecord pod, IOwnerLookup owners)
    {
        if (pod.Metadata.NamespaceProperty != task.Metadata.NamespaceProperty || pod.Status.Phase != "Running" || pod.Metadata.Uid is null)
            return [];

        var targets = task.Spec.Targets.Where(target => Means(target, pod, owners)).ToList();
        if (targets.Count == 0) return [];

        return
        [
            .. pod.Status.ContainerStatuses
                .Where(container => container.IsRunning && targets.Exists(target => IsNamed(target, container.Name)))
                .Select(container => new NodeTarget
                {
                    PodName = pod.Metadata.Name,
                    PodUid = pod.Metadata.Uid,
                    Workload = PodOwners.WorkloadOf(pod.Metadata, owners),
                    ContainerName = container.Name,
                    ContainerId = container.ContainerId!,
                })
                .DistinctBy(target => target.ContainerId)
                .OrderBy(target => target.ContainerId, StringComparer.Ordinal),
        ];
    }

    /// <summary>Whether the pod has a container that the task names, running or not. True while the kubelet has not reported any.</summary>
    public static bool HasContainer(NetworkProfilingTask task, PodRecord pod, IOwnerLookup owners) =>
        pod.Status.ContainerStatuses.Count == 0 ||
        task.Spec.Targets.Any(target => Means(target, pod, owners)
            && pod.Status.ContainerStatuses.Any(container => IsNamed(target, container.Name)));

    private static bool Means(TaskTarget target, PodRecord pod, IOwnerLookup owners) => target switch
    {
        { PodSelector: { } selector } => selector.Selects(pod.Metadata.LabelsOrNone),
        { WorkloadRef: { } workload } => PodOwners.Of(pod.Metadata, owners).Any(workload.Matches),
        _ => false,
    };

    private static bool IsNamed(TaskTarget target, string container) =>
        target.ContainerNames.Count == 0 || target.ContainerNames.Contains(container);
}
