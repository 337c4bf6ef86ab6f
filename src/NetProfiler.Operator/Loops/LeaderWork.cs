using Microsoft.Extensions.DependencyInjection;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Reconciliation;

namespace NetProfiler.Operator.Loops;

/// <summary>The work of the leader: both controllers, triggered by the informers.</summary>
internal sealed class LeaderWork
{
    public const string TaskLoop = "task";
    public const string NodeLoop = "nodeconfig";

    /// <summary>Time for work in progress after the stop, within the pod's termination grace period.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private readonly ClusterCaches _caches;
    private readonly NodeConfigController _nodeConfigs;
    private readonly Controller _taskLoop;
    private readonly Controller _nodeLoop;
    private readonly WakeUps _wakeUps;

    public LeaderWork(
        InformerSet informers, OperatorScope scope, NodeConfigController nodeConfigs, [FromKeyedServices(TaskLoop)] Controller taskLoop,
        [FromKeyedServices(NodeLoop)] Controller nodeLoop)
    {
        (_caches, _nodeConfigs, _taskLoop, _nodeLoop) = (informers.Caches, nodeConfigs, taskLoop, nodeLoop);
        var wakeUps = _wakeUps = new WakeUps(informers.Caches, scope.Namespace, taskLoop.Queue, nodeLoop.Queue);
        nodeConfigs.Wake = wakeUps.WakeNode;
        informers.Tasks.AddHandler(wakeUps.OnTask);
        informers.Pods.AddHandler(wakeUps.OnPod);
        informers.Nodes.AddHandler(wakeUps.OnNode);
        informers.Configs.AddHandler(wakeUps.OnConfig);
        informers.ReplicaSets.AddHandler(wakeUps.OnReplicaSet);
        informers.Jobs.AddHandler(wakeUps.OnJob);
    }

    /// <summary>Works until cancelled; work in progress may then complete. All caches must have synced.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Reconciles everything once, because changes may have been missed while no operator led.
        var nodes = _caches.Pods.List().Select(pod => pod.Spec.NodeName).OfType<string>()
            .Concat(_caches.Configs.List().Select(config => config.Metadata.Name)).Distinct().ToList();
        _nodeConfigs.CountParticipants(nodes);
        foreach (var node in nodes) _nodeLoop.Queue.Add(new(null, node), isUrgent: false);
        foreach (var task in _caches.Tasks.List()) _taskLoop.Queue.Add(ObjectKey.Of(task), isUrgent: false);

        await Task.WhenAll(
            _taskLoop.RunAsync(DrainTimeout, cancellation), _nodeLoop.RunAsync(DrainTimeout, cancellation),
            _caches.Agents?.RunAsync(_wakeUps.OnSilence, cancellation) ?? Task.CompletedTask).ConfigureAwait(false);
    }
}
