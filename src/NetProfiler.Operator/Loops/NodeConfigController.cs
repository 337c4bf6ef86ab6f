using System.Collections.Concurrent;
using System.Text.Json;
using k8s.Autorest;
using Microsoft.Extensions.Logging;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Reconciliation;
using NetProfiler.Operator.NodeConfigs;
using NetProfiler.Operator.Tasks;

namespace NetProfiler.Operator.Loops;

/// <summary>Keeps a node's configuration equal to its <see cref="NodePlan"/>. Keys are names of nodes.</summary>
[EntityRbac(typeof(NodeProfilingConfig), Verbs = RbacVerb.List | RbacVerb.Watch | RbacVerb.Create | RbacVerb.Patch | RbacVerb.Delete)]
internal sealed partial class NodeConfigController(
    ClusterCaches caches, Writes writes, ParticipatingNodes participants, OperatorScope scope, TimeProvider time,
    ILogger<NodeConfigController> log)
    : IKeyController
{
    public const string NodeLabel = "netprofiler.dev/node";

    /// <summary>How long an empty configuration is kept, for an agent that has not yet received its last change.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(10);

    private readonly WriteMemory _written = new(time);

    // When a configuration became empty. In memory only: after a restart, it is kept a little longer.
    private readonly ConcurrentDictionary<ObjectKey, DateTimeOffset> _emptySince = [];

    /// <summary>Called for nodes that must be reconciled because another node has changed.</summary>
    public Action<string>? Wake { get; set; }

    public async Task<ReconciliationResult<ObjectKey>> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var config = caches.Configs.Get(writes.Namespace, key.Name);
        var plan = Plan(key.Name, config);
        foreach (var other in participants.Set(key.Name, plan.Count > 0)) Wake?.Invoke(other);

        try
        {
            if (plan.Count > 0 || config is { Spec.Tasks.Count: > 0 })
            {
                _emptySince.TryRemove(key, out _);
                return ReconciliationResult<ObjectKey>.Success(key,
                    await WriteAsync(key, config, plan, cancellationToken).ConfigureAwait(false));
            }

            return ReconciliationResult<ObjectKey>.Success(key, await RetireAsync(key, config, cancellationToken).ConfigureAwait(false));
        }
        catch (HttpOperationException refusal) when (refusal.IsNotFound || refusal.IsConflict)
        {
            // The object differs from the cached one.
            _written.Forget(key);
            return ReconciliationResult<ObjectKey>.Success(key, WakeUps.Debounce);
        }
    }

    /// <summary>Counts the nodes before the first reconciliation, so that the first configurations have the right report period.</summary>
    public void CountParticipants(IEnumerable<string> nodes)
    {
        foreach (var node in nodes) participants.Set(node, Plan(node, caches.Configs.Get(writes.Namespace, node)).Count > 0);
    }

    private IReadOnlyList<NodeTask> Plan(string node, NodeProfilingConfig? config)
    {
        var pods = caches.PodsOn(node).ToList();
        var tasks = pods.Select(pod => pod.Metadata.NamespaceProperty).Distinct().SelectMany(caches.TasksIn)
            .Concat((config?.Spec.Tasks ?? []).Select(task => caches.Tasks.Get(task.Namespace, task.Name)).OfType<NetworkProfilingTask>())
            .Where(TaskLife.IsUnderWay)
            .DistinctBy(task => task.Metadata.Uid);
        return NodePlan.Of(caches.Nodes.Get(null, node), tasks, pods, caches, config?.Spec, scope.TasksPerNode);
    }

    /// <summary>Returns when to reconcile again.</summary>
    private async Task<TimeSpan?> WriteAsync(
        ObjectKey key, NodeProfilingConfig? current, IReadOnlyList<NodeTask> tasks, CancellationToken cancellation)
    {
        var desired = new NodeProfilingConfig
        {
            // No owner reference: the garbage collector would delete the node's results with it. The configuration is deleted when its last
            // task is over.
            Metadata = new()
            {
                Name = key.Name,
                NamespaceProperty = writes.Namespace,
                Uid = current?.Metadata.Uid,
                Labels = new Dictionary<string, string> { [NodeLabel] = key.Name },
            },
            Spec = new() { Reporting = new() { PeriodSeconds = participants.PeriodSeconds }, Tasks = tasks },
        };

        byte[] content = Bytes(desired.Spec);
        bool isLabelled = current?.Metadata.LabelsOrNone.GetValueOrDefault(NodeLabel) == key.Name;
        if (current is not null && isLabelled && Bytes(current.Spec).AsSpan().SequenceEqual(content))
        {
            _written.Forget(key);
            return null;
        }

        if (_written.IsWritten(key, current?.Metadata.ResourceVersion, content)) return WriteMemory.Patience;

        await writes.ApplyAsync(desired, cancellation).ConfigureAwait(false);
        _written.Remember(key, current?.Metadata.ResourceVersion, content);
        int containers = tasks.Sum(task => task.Targets.Count);
        LogWritten(key.Name, tasks.Count, containers);
        return null;
    }

    /// <summary>Returns when to reconcile again.</summary>
    private async Task<TimeSpan?> RetireAsync(ObjectKey key, NodeProfilingConfig? config, CancellationToken cancellation)
    {
        if (config is null)
        {
            _written.Forget(key);
            _emptySince.TryRemove(key, out _);
            return null;
        }

        var left = _emptySince.GetOrAdd(key, time.GetUtcNow()) + Linger - time.GetUtcNow();
        if (left > TimeSpan.Zero) return left;

        await writes.DeleteAsync(config, NodeProfilingConfig.Plural, config.Metadata.ResourceVersion, cancellation).ConfigureAwait(false);
        _emptySince.TryRemove(key, out _);
        LogDeleted(key.Name);
        return null;
    }

    private static byte[] Bytes(NodeProfilingConfigSpec spec) =>
        JsonSerializer.SerializeToUtf8Bytes(spec, ApiJson.Default.NodeProfilingConfigSpec);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node}: configured, {Tasks} tasks, {Containers} containers")]
    private partial void LogWritten(string node, int tasks, int containers);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node}: configuration deleted")]
    private partial void LogDeleted(string node);
}
