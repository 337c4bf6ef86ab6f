using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Places;
using NetProfiler.Operator.Targets;
using NetProfiler.Operator.Tasks;

namespace NetProfiler.Operator.NodeConfigs;

/// <summary>Which tasks a node is to have, with which containers: computed from what exists, whatever happened before.</summary>
/// <remarks>
/// A node's configuration is also where the node's results are kept. Therefore a task that has no container on the node any more (the pod
/// moved away, the task is suspended, the node itself is gone) stays in it, without targets, until the task is over: its agent
/// leaves the counts where they are, and the sum over all configurations is exact at every moment, whoever was restarted in between.
/// Nothing is carried over, so nothing can be forgotten or counted twice. When a task is over, its results are in its own status, which is
/// never computed again; only then does it leave the configurations.
/// </remarks>
internal static class NodePlan
{
    /// <param name="node">Null: it is gone; what it reported is kept.</param>
    /// <param name="tasks">At least those of the pods' namespaces and those in <paramref name="current"/>.</param>
    /// <param name="pods">Those of the node.</param>
    /// <param name="current">The configuration as it is; null: there is none.</param>
    /// <param name="maxCapturing">Tasks that capture on the node at the same time.</param>
    /// <returns>By uid; empty: the node needs no configuration.</returns>
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

    // The first of each namespace, then the second of each: nobody is kept out by another namespace's many tasks.
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
