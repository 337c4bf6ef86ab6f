using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Targets;

namespace NetProfiler.Operator.Loops;

/// <summary>The operator's caches of the cluster, which may lag behind the API server.</summary>
internal sealed record ClusterCaches(
    IEntityLister<NetworkProfilingTask> Tasks,
    IEntityLister<PodRecord> Pods,
    IEntityLister<V1Node> Nodes,
    IEntityLister<NodeProfilingConfig> Configs,
    IEntityLister<V1ReplicaSet> ReplicaSets,
    IEntityLister<V1Job> Jobs) : IOwnerLookup
{
    /// <summary>Null if agents are not watched; then no agent is considered silent.</summary>
    public AgentSightings? Agents { get; init; }

    private readonly OwnerCaches _owners = new(ReplicaSets, Jobs);

    public V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner) => _owners.Find(@namespace, owner);

    public IReadOnlyDictionary<string, string>? NodeLabels(string name) => Nodes.Get(null, name)?.Metadata.LabelsOrNone;

    public ResolvedTargets Resolve(NetworkProfilingTask task) =>
        ResolvedTargets.Of(task, Pods.ByIndex(CacheIndexes.PodsByNamespace, task.Metadata.NamespaceProperty ?? ""), this, NodeLabels);

    /// <summary>The configurations that contain the task.</summary>
    public IReadOnlyCollection<NodeProfilingConfig> ConfigsOf(NetworkProfilingTask task) =>
        Configs.ByIndex(CacheIndexes.ConfigsByTask, task.Metadata.Uid ?? "");

    public IReadOnlyCollection<NetworkProfilingTask> TasksIn(string? @namespace) =>
        Tasks.ByIndex(CacheIndexes.TasksByNamespace, @namespace ?? "");

    public IReadOnlyCollection<PodRecord> PodsOn(string node) => Pods.ByIndex(CacheIndexes.PodsByNode, node);
}
