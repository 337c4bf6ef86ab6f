using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Controllers;
using NetProfiler.Kubernetes.Events;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Loops;

namespace NetProfiler.Operator.Hosting;

/// <summary>Everything that works, wired: caches, queues, controllers, events. No process around it.</summary>
internal sealed class OperatorCore
{
    /// <summary>Within the pod's termination grace period.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private const int TaskWorkers = 4;
    private const int NodeWorkers = 4;
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    private readonly Informer<NetworkProfilingTask> _tasks;
    private readonly Informer<PodRecord> _pods;
    private readonly Informer<V1Node> _nodes;
    private readonly Informer<NodeProfilingConfig> _configs;
    private readonly Informer<V1ReplicaSet> _replicaSets;
    private readonly Informer<V1Job> _jobs;
    private readonly EventRecorder _events;
    private readonly NodeConfigController _nodeController;
    private readonly Controller _taskLoop;
    private readonly Controller _nodeLoop;

    /// <param name="writesPerSecond">Statuses have half of them.</param>
    /// <param name="exporters">Those that tasks may name.</param>
    public OperatorCore(
        IKubernetesClient client, string @namespace, string instance, int writesPerSecond, NamedExporters exporters,
        MetricsRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        _tasks = new(client, new() { Indexes = CacheIndexes.OfTasks }, metrics, time, loggers);
        _pods = new(client, new() { Indexes = CacheIndexes.OfPods, Transform = Stripped }, metrics, time, loggers);
        _nodes = new(client, new() { Transform = Stripped }, metrics, time, loggers);
        _configs = new(client, new() { Namespace = @namespace, Indexes = CacheIndexes.OfConfigs }, metrics, time, loggers);
        _replicaSets = new(client, new() { Transform = set => new() { Metadata = set.Metadata.Identity } }, metrics, time, loggers);
        _jobs = new(client, new() { Transform = job => new() { Metadata = job.Metadata.Identity } }, metrics, time, loggers);
        Caches = new(_tasks.Lister, _pods.Lister, _nodes.Lister, _configs.Lister, _replicaSets.Lister, _jobs.Lister);

        _events = new(client, "netprofiler.dev/operator", instance, metrics, time, loggers);
        var writes = new Writes(client, @namespace, metrics, writesPerSecond / 2, time);
        _nodeController = new(Caches, writes, Participants, time, loggers.CreateLogger<NodeConfigController>());
        var taskController = new TaskController(Caches, writes, _events, exporters, time, loggers.CreateLogger<TaskController>());
        _taskLoop = new("task", taskController, new() { MaxConcurrentReconciles = TaskWorkers }, metrics, time, loggers);
        _nodeLoop = new("nodeconfig", _nodeController, new() { MaxConcurrentReconciles = NodeWorkers }, metrics, time, loggers);

        var wakeUps = new WakeUps(Caches, @namespace, _taskLoop.Queue, _nodeLoop.Queue);
        _nodeController.Wake = wakeUps.WakeNode;
        _tasks.AddHandler(wakeUps.OnTask);
        _pods.AddHandler(wakeUps.OnPod);
        _nodes.AddHandler(wakeUps.OnNode);
        _configs.AddHandler(wakeUps.OnConfig);
        _replicaSets.AddHandler(wakeUps.OnReplicaSet);
        _jobs.AddHandler(wakeUps.OnJob);
    }

    public ClusterCaches Caches { get; }

    public ParticipatingNodes Participants { get; } = new();

    /// <summary>Null: every cache is known.</summary>
    public string? ReadinessFault => Told(
        (_tasks.HasSynced, NetworkProfilingTask.Plural), (_configs.HasSynced, NodeProfilingConfig.Plural), (_pods.HasSynced, "pods"),
        (_nodes.HasSynced, "nodes"), (_replicaSets.HasSynced, "replicasets"), (_jobs.HasSynced, "jobs")) is { } names ? $"not listed yet: {names}" : null;

    /// <summary>Null: no watch hangs.</summary>
    public string? LivenessFault => Told(
        (_tasks.IsHealthy, NetworkProfilingTask.Plural), (_configs.IsHealthy, NodeProfilingConfig.Plural), (_pods.IsHealthy, "pods"),
        (_nodes.IsHealthy, "nodes"), (_replicaSets.IsHealthy, "replicasets"), (_jobs.IsHealthy, "jobs")) is { } names ? $"hanging: {names}" : null;

    /// <summary>Whether it leads or not: who takes over knows everything already.</summary>
    public Task RunCachesAsync(CancellationToken cancellation) => Task.WhenAll(
        _tasks.RunAsync(cancellation), _pods.RunAsync(cancellation), _nodes.RunAsync(cancellation),
        _configs.RunAsync(cancellation), _replicaSets.RunAsync(cancellation), _jobs.RunAsync(cancellation));

    public Task RunEventsAsync(CancellationToken cancellation) => _events.RunAsync(FlushTimeout, cancellation);

    public Task WaitForSyncAsync(CancellationToken cancellation) => Task.WhenAll(
        _tasks.WaitForSyncAsync(cancellation), _pods.WaitForSyncAsync(cancellation), _nodes.WaitForSyncAsync(cancellation),
        _configs.WaitForSyncAsync(cancellation), _replicaSets.WaitForSyncAsync(cancellation), _jobs.WaitForSyncAsync(cancellation));

    /// <summary>Works until cancelled; then what is under way may end.</summary>
    public async Task LeadAsync(CancellationToken cancellation)
    {
        // What happened while nobody led: everything is looked at once.
        var nodes = Caches.Pods.List().Select(pod => pod.Spec.NodeName).OfType<string>()
            .Concat(Caches.Configs.List().Select(config => config.Metadata.Name)).Distinct().ToList();
        _nodeController.CountParticipants(nodes);
        foreach (var node in nodes) _nodeLoop.Queue.Add(new(null, node), isUrgent: false);
        foreach (var task in Caches.Tasks.List()) _taskLoop.Queue.Add(ObjectKey.Of(task), isUrgent: false);

        await Task.WhenAll(_taskLoop.RunAsync(DrainTimeout, cancellation), _nodeLoop.RunAsync(DrainTimeout, cancellation)).ConfigureAwait(false);
    }

    private static string? Told(params (bool IsFine, string Name)[] caches) =>
        Array.TrueForAll(caches, cache => cache.IsFine) ? null : string.Join(", ", caches.Where(cache => !cache.IsFine).Select(cache => cache.Name));

    private static PodRecord Stripped(PodRecord pod) => pod with
    {
        Metadata = pod.Metadata with { Annotations = null, Finalizers = null },
        Spec = new() { NodeName = pod.Spec.NodeName },
        Status = new() { Phase = pod.Status.Phase, ContainerStatuses = pod.Status.ContainerStatuses },
    };

    private static V1Node Stripped(V1Node node) => new()
    {
        Metadata = node.Metadata.Identity with { Labels = node.Metadata.Labels },
        Status = new() { Conditions = [.. (node.Status?.Conditions ?? []).Where(condition => condition.Type == "Ready")] },
    };
}
