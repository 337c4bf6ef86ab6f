using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Places;
using NetProfiler.Operator.Targets;
using NetProfiler.Operator.Tasks;

namespace NetProfiler.Operator.NodeConfigs;

/// <summary>Computes which tasks a node should have, with which containers, from the current state only.</summary>
/// <remarks>
/// A node's configuration also stores the node's results. Therefore, a task without a container on the node (the pod moved away, the task
/// is suspended, the node itself was deleted) remains in it, without targets, until the task is over: its agent keeps the counts, and the
/// sum over all configurations is exact at every moment, regardless of restarts. Nothing is copied, so nothing can be lost or counted
/// twice. When a task is over, its results are in its own status, which is never computed again; only then is it removed from the
/// configurations.
/// </remarks>
internal static class NodePlan
{
    /// <param name="node">Null if the node was deleted; its results are kept.</param>
    /// <param name="tasks">At least the tasks in the pods' namespaces and those in <paramref name="current"/>.</param>
    /// <param name="pods">The pods of the node.</param>
    /// <param name="current">The current configuration. Null if absent.</param>
    /// <param name="maxCapturing">Maximum number of tasks that capture on the node at the same time.</param>
    /// <returns>Sorted by uid; empty if the node does not need a configuration.</returns>
    public static IReadOnlyList<NodeTask> Of(
        V1Node? node, IEnumerable<NetworkProfilingTask> tasks, IReadOnlyList<PodRecord> pods, IOwnerLookup owners,
        NodeProfilingConfigSpec? current,
        int maxCapturing)
    {
        var running = tasks.Where(TaskLife.IsUnderWay)
            .Select(task => (Task: task, Targets: TargetsOf(task, node, pods, owners)))
            .OrderBy(one => one.Task.Status!.StartTime).ThenBy(one => one.Task.Metadata.Uid, StringComparer.Ordinal)
            .ToList();
        var kept = (current?.Tasks ?? []).Select(task => task.Uid).ToHashSet();

        var places = new NodePlaces(running.Where(one => kept.Contains(one.Task.Metadata.Uid!))
            .Select(one => one.Task.Metadata.NamespaceProperty ?? ""), maxCapturing);
        var planned = running.Where(one => kept.Contains(one.Task.Metadata.Uid!))
            .ToDictionary(one => one.Task.Metadata.Uid!, one => ShareOf(one.Task, []));
        foreach (var (task, targets) in InTurns(running.Where(one => one.Targets.Count > 0)))
        {
            if (places.TryCapture(task.Metadata.NamespaceProperty ?? "", isKept: kept.Contains(task.Metadata.Uid!)))
                planned[task.Metadata.Uid!] = ShareOf(task, targets);
        }

        return [.. planned.Values.OrderBy(task => task.Uid, StringComparer.Ordinal)];
    }

    // The first task of each namespace, then the second of each, so that a namespace with many tasks does not block the others.
    private static IEnumerable<(NetworkProfilingTask Task, IReadOnlyList<NodeTarget> Targets)> InTurns(
        IEnumerable<(NetworkProfilingTask Task, IReadOnlyList<NodeTarget> Targets)> byStart) =>
        byStart.GroupBy(one => one.Task.Metadata.NamespaceProperty)
            .SelectMany(ofNamespace => ofNamespace.Select((one, turn) => (One: one, Turn: turn)))
            .OrderBy(one => one.Turn).ThenBy(one => one.One.Task.Status!.StartTime)
                .ThenBy(one => one.One.Task.Metadata.Uid, StringComparer.Ordinal)
            .Select(one => one.One);

    private static IReadOnlyList<NodeTarget> TargetsOf(NetworkProfilingTask task, V1Node? node, IReadOnlyList<PodRecord> pods,
        IOwnerLookup owners)
    {
        if (!(TaskLife.MayCapture(task) || TaskLife.IsWaitingForPlace(task))
            || !task.Spec.NodeSelector.SelectsNode(node?.Metadata.LabelsOrNone))
            return [];

        return
        [
            .. pods.SelectMany(pod => TargetMatch.Containers(task, pod, owners))
                .OrderBy(target => target.ContainerId, StringComparer.Ordinal)
                .Take(NodeLimits.MaxTargetsPerTask),
        ];
    }

    private static NodeTask ShareOf(NetworkProfilingTask task, IReadOnlyList<NodeTarget> targets) => new()
    {
        Uid = task.Metadata.Uid!,
        Namespace = task.Metadata.NamespaceProperty ?? "",
        Name = task.Metadata.Name,
        Generation = task.Metadata.Generation ?? 0,
        NotAfter = TaskLife.NotAfter(task),
        MaxDurationSeconds = TaskLife.LeftSeconds(task),
        Direction = task.Spec.Direction,
        Pairing = task.Spec.Pairing,
        Sampling = task.Spec.Sampling,
        Redaction = task.Spec.Redaction,
        Metrics = task.Spec.Metrics,
        Tls = task.Spec.Tls,
        ExportRef = task.Spec.ExportRef,
        Targets = targets,
    };
}
