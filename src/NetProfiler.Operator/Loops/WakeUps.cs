using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Queues;
using NetProfiler.Operator.Tasks;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// Determines which tasks and nodes a change concerns, and how urgent it is. Too many keys only cause work; too few are a bug. Nodes are
/// updated at once when pods start or end; statuses are debounced, so that simultaneous changes are written together.
/// </summary>
internal sealed class WakeUps(ClusterCaches caches, string configNamespace, IWorkQueue<ObjectKey> tasks, IWorkQueue<ObjectKey> nodes)
{
    /// <summary>
    /// Minimum interval of writes of a status, except for changes by its user and for the first states of a task on few nodes.
    /// </summary>
    public static readonly TimeSpan Debounce = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Delay for an agent's new state, multiplied by the number of the task's nodes, at most <see cref="Debounce"/>: the nodes of a task
    /// change together, and the more nodes, the longer that takes. A task on two nodes is updated almost at once, and hundreds of nodes do
    /// not cause more writes.
    /// </summary>
    private static readonly TimeSpan StateDebouncePerNode = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Minimum of that delay, multiplied by the number of existing tasks: if all nodes report at once, as after an outage, the first status
    /// of each task then contains all of them.
    /// </summary>
    private static readonly TimeSpan StateDebouncePerTask = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Delay for a node: the containers of a pod start one after the other, and the tasks of a file are created together.
    /// </summary>
    private static readonly TimeSpan NodeDebounce = TimeSpan.FromMilliseconds(100);

    /// <summary>Number of writes per second for statuses with only new numbers: with many tasks, each is written less often.</summary>
    private const int ResultWritesPerSecond = 20;

    public void OnTask(InformerEvent<NetworkProfilingTask> change)
    {
        tasks.Add(change.Key, isUrgent: !change.IsInitial);
        if (change.IsInitial || (change is { Old: { } old, New: { } now } && MeansTheSameToNodes(old, now))) return;

        foreach (var config in caches.ConfigsOf(change.Latest)) WakeNode(config.Metadata.Name);
        if (TaskLife.IsUnderWay(change.Latest))
            foreach (var node in caches.Resolve(change.Latest).ContainersByNode.Keys) WakeNode(node);
    }

    public void OnPod(InformerEvent<PodRecord> change)
    {
        if (change.IsInitial || (change is { Old: { } old, New: { } now } && AreTheSame(old, now))) return;

        WakePod(change.Old);
        WakePod(change.New);
    }

    public void OnNode(InformerEvent<V1Node> change)
    {
        if (change.IsInitial) return;
        if (change is { Old: { } old, New: { } now } && old.IsReady == now.IsReady
            && AreEqual(old.Metadata.LabelsOrNone, now.Metadata.LabelsOrNone))
            return;

        foreach (var pod in caches.PodsOn(change.Key.Name)) WakePod(pod);
        if (caches.Configs.Get(configNamespace, change.Key.Name) is { } known)
        {
            WakeNode(change.Key.Name);
            foreach (var task in known.Spec.Tasks) WakeTask(task);
        }
    }

    public void OnConfig(InformerEvent<NodeProfilingConfig> change)
    {
        if (change.IsInitial) return;
        bool isSpecification = change is not { Old: { } before, New: { } after } || before.Metadata.Generation != after.Metadata.Generation
            || before.Metadata.Uid != after.Metadata.Uid || !AreEqual(before.Metadata.LabelsOrNone, after.Metadata.LabelsOrNone);
        if (isSpecification) WakeNode(change.Key.Name);

        // A heartbeat alone is not a change: OnSilence handles agents that become silent or report again.
        if (!isSpecification && IsHeartbeatOnly(change.Old!.Status, change.New!.Status)) return;
        foreach (var task in (change.Old?.Spec.Tasks ?? []).Concat(change.New?.Spec.Tasks ?? []).DistinctBy(task => task.Uid))
        {
            // Changes that the operator itself has written are not urgent.
            var wait = isSpecification ? Debounce : HasNewState(change, task.Uid) ? StateDebounce(task) : ResultsDebounce;
            tasks.AddAfter(new(task.Namespace, task.Name), wait);
        }
    }

    /// <summary>An agent has become silent, or reports again.</summary>
    public void OnSilence(NodeProfilingConfig config)
    {
        foreach (var task in config.Spec.Tasks) WakeTask(task);
    }

    public void OnReplicaSet(InformerEvent<V1ReplicaSet> change) => OnOwner(change.Old?.Metadata, change.New?.Metadata, change.IsInitial);

    public void OnJob(InformerEvent<V1Job> change) => OnOwner(change.Old?.Metadata, change.New?.Metadata, change.IsInitial);

    public void WakeNode(string name) => nodes.AddAfter(new(null, name), NodeDebounce);

    private TimeSpan ResultsDebounce =>
        TimeSpan.FromSeconds(double.Max(Debounce.TotalSeconds, caches.Tasks.List().Count / (double)ResultWritesPerSecond));

    private TimeSpan StateDebounce(NodeTask task)
    {
        var (nodes, all) = (caches.Configs.ByIndex(CacheIndexes.ConfigsByTask, task.Uid).Count, caches.Tasks.List().Count);
        double milliseconds = double.Max(StateDebouncePerNode.TotalMilliseconds * nodes, StateDebouncePerTask.TotalMilliseconds * all);
        return TimeSpan.FromMilliseconds(double.Min(milliseconds, Debounce.TotalMilliseconds));
    }

    // A pod may be seen before its replica set.
    private void OnOwner(V1ObjectMeta? old, V1ObjectMeta? now, bool isInitial)
    {
        if (isInitial || IsOwnedAlike(old, now)) return;
        if (caches.TasksIn((now ?? old)!.NamespaceProperty).Count == 0) return;

        foreach (var pod in caches.Pods.ByIndex(CacheIndexes.PodsByNamespace, (now ?? old)!.NamespaceProperty ?? ""))
            if (pod.Metadata.OwnerReferences?.Any(owner => owner.Uid == (now ?? old)!.Uid) == true) WakePod(pod);
    }

    private static bool IsOwnedAlike(V1ObjectMeta? old, V1ObjectMeta? now) =>
        old?.Uid == now?.Uid && (old?.OwnerReferences ?? []).SequenceEqual(now?.OwnerReferences ?? []);

    private void WakePod(PodRecord? pod)
    {
        if (pod is null) return;

        bool concerns = false;
        foreach (var task in caches.TasksIn(pod.Metadata.NamespaceProperty))
        {
            if (TaskLife.IsOver(task) || !Targets.TargetMatch.Means(task, pod, caches)) continue;
            concerns = true;
            tasks.AddAfter(ObjectKey.Of(task), Debounce);
        }

        if (concerns && pod.Spec.NodeName is { } node) WakeNode(node);
    }

    private void WakeTask(NodeTask task) => tasks.AddAfter(new(task.Namespace, task.Name), Debounce);

    private static bool MeansTheSameToNodes(NetworkProfilingTask old, NetworkProfilingTask now) =>
        old.Metadata.Uid == now.Metadata.Uid
        && old.Metadata.Generation == now.Metadata.Generation
        && old.Metadata.DeletionTimestamp == now.Metadata.DeletionTimestamp
        && old.Status?.StartTime == now.Status?.StartTime
        && old.Status?.DeadlineTime == now.Status?.DeadlineTime
        && TaskLife.IsOver(old) == TaskLife.IsOver(now);

    private static bool AreTheSame(PodRecord old, PodRecord now) =>
        old.Spec.NodeName == now.Spec.NodeName
        && old.Status.Phase == now.Status.Phase
        && AreEqual(old.Metadata.LabelsOrNone, now.Metadata.LabelsOrNone)
        && old.Status.ContainerStatuses.Where(one => one.IsRunning).Select(one => one.ContainerId)
            .SequenceEqual(now.Status.ContainerStatuses.Where(one => one.IsRunning).Select(one => one.ContainerId))
        && (old.Metadata.OwnerReferences ?? []).SequenceEqual(now.Metadata.OwnerReferences ?? []);

    private static bool HasNewState(InformerEvent<NodeProfilingConfig> change, string uid)
    {
        var (old, now) = (Told(change.Old), Told(change.New));
        return old?.State != now?.State || old?.Generation != now?.Generation
            || (change.Old?.Status is null) != (change.New?.Status is null);

        NodeTaskStatus? Told(NodeProfilingConfig? config) => config?.Status?.Tasks.FirstOrDefault(task => task.Uid == uid);
    }

    private static bool IsHeartbeatOnly(NodeProfilingConfigStatus? old, NodeProfilingConfigStatus? now) =>
        old is not null && now is not null && old.HeartbeatTime != now.HeartbeatTime && old.ObservedGeneration == now.ObservedGeneration
        && old.Conditions.Select(one => (one.Type, one.Status, one.Reason, one.Message))
            .SequenceEqual(now.Conditions.Select(one => (one.Type, one.Status, one.Reason, one.Message)))
        && old.Tasks.Select(SaidOf).SequenceEqual(now.Tasks.Select(SaidOf));

    // A report with different content has a different time of its results.
    private static (string, long, NodeTaskState, string?, string?, NodeTargetCounts, DateTimeOffset?) SaidOf(NodeTaskStatus task) =>
        (task.Uid, task.Generation, task.State, task.Reason, task.Message, task.Targets, task.ResultsTime);

    private static bool AreEqual(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count && left.All(label => right.TryGetValue(label.Key, out var value) && value == label.Value);
}
