using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Resources;
using NetProfiler.Operator.Targets;

namespace NetProfiler.Operator.Loops;

/// <summary>What the operator knows of the cluster: never asked for, always a little old.</summary>
internal sealed record ClusterCaches(
    IEntityLister<NetworkProfilingTask> Tasks,
    IEntityLister<V1Pod> Pods,
    IEntityLister<V1Node> Nodes,
    IEntityLister<NodeProfilingConfig> Configs,
    IEntityLister<V1ReplicaSet> ReplicaSets,
    IEntityLister<V1Job> Jobs) : IOwnerLookup
{
    public V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner) => owner.Kind switch
    {
        "ReplicaSet" when owner.ApiVersion == V1ReplicaSet.EntityMetadata.ApiVersion => ReplicaSets.Get(@namespace, owner.Name)?.Metadata,
        "Job" when owner.ApiVersion == V1Job.EntityMetadata.ApiVersion => Jobs.Get(@namespace, owner.Name)?.Metadata,
        _ => null,
    };

    public IReadOnlyDictionary<string, string>? NodeLabels(string name) => Nodes.Get(null, name)?.Metadata.Labels;

    public ResolvedTargets Resolve(NetworkProfilingTask task) =>
        ResolvedTargets.Of(task, Pods.ByIndex(CacheIndexes.PodsByNamespace, task.Metadata.Namespace ?? ""), this, NodeLabels);

    /// <summary>The configurations that the task is part of.</summary>
    public IReadOnlyCollection<NodeProfilingConfig> ConfigsOf(NetworkProfilingTask task) =>
        Configs.ByIndex(CacheIndexes.ConfigsByTask, task.Metadata.Uid ?? "");

    public IReadOnlyCollection<NetworkProfilingTask> TasksIn(string? @namespace) => Tasks.ByIndex(CacheIndexes.TasksByNamespace, @namespace ?? "");

    public IReadOnlyCollection<V1Pod> PodsOn(string node) => Pods.ByIndex(CacheIndexes.PodsByNode, node);
}
