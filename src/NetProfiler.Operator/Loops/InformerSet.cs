using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using Prometheus;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// One informer per kind that the operator uses. They run whether or not the process leads, so that a new leader has synced caches.
/// </summary>
internal sealed class InformerSet
{
    public InformerSet(IKubernetesClient client, OperatorScope scope, CollectorRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        Tasks = new(client, new() { Indexes = CacheIndexes.OfTasks }, metrics, time, loggers);
        Configs = new(client, new() { Namespace = scope.Namespace, Indexes = CacheIndexes.OfConfigs }, metrics, time, loggers);
        Pods = new(client, new() { Indexes = CacheIndexes.OfPods, Transform = Stripped }, metrics, time, loggers);
        Nodes = new(client, new() { Transform = Stripped }, metrics, time, loggers);
        ReplicaSets = new(client, new() { Transform = set => new() { Metadata = set.Metadata.Identity } }, metrics, time, loggers);
        Jobs = new(client, new() { Transform = job => new() { Metadata = job.Metadata.Identity } }, metrics, time, loggers);
        var agents = new AgentSightings(Configs.Lister, () => Configs.SeesSince, time);
        Configs.AddHandler(agents.OnConfig);
        Caches = new(Tasks.Lister, Pods.Lister, Nodes.Lister, Configs.Lister, ReplicaSets.Lister, Jobs.Lister) { Agents = agents };
    }

    public Informer<NetworkProfilingTask> Tasks { get; }

    public Informer<NodeProfilingConfig> Configs { get; }

    public Informer<PodRecord> Pods { get; }

    public Informer<V1Node> Nodes { get; }

    public Informer<V1ReplicaSet> ReplicaSets { get; }

    public Informer<V1Job> Jobs { get; }

    public ClusterCaches Caches { get; }

    /// <summary>Null if every cache has synced.</summary>
    public string? ReadinessFault => Those(informer => !informer.HasSynced) is { } names ? $"not listed yet: {names}" : null;

    /// <summary>Null if no watch hangs.</summary>
    public string? LivenessFault => Those(informer => !informer.IsHealthy) is { } names ? $"hanging: {names}" : null;

    private IInformer[] All => [Tasks, Configs, Pods, Nodes, ReplicaSets, Jobs];

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(All.Select(informer => informer.RunAsync(cancellation)));

    public Task WaitForSyncAsync(CancellationToken cancellation) =>
        Task.WhenAll(All.Select(informer => informer.WaitForSyncAsync(cancellation)));

    private string? Those(Func<IInformer, bool> isMeant) =>
        All.Where(isMeant).Select(informer => informer.Plural).ToArray() is { Length: > 0 } names
        ? string.Join(", ", names)
        : null;

    private static PodRecord Stripped(PodRecord pod) => pod with
    {
        Metadata = pod.Metadata.Identity with { Labels = pod.Metadata.Labels },
        Spec = new() { NodeName = pod.Spec.NodeName },
        Status = new() { Phase = pod.Status.Phase, ContainerStatuses = pod.Status.ContainerStatuses },
    };

    private static V1Node Stripped(V1Node node) => new()
    {
        Metadata = node.Metadata.Identity with { Labels = node.Metadata.Labels },
        Status = new() { Conditions = [.. (node.Status?.Conditions ?? []).Where(condition => condition.Type == "Ready")] },
    };
}
