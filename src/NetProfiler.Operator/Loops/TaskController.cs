using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Events;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Reconciliation;
using NetProfiler.Operator.Tasks;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// Keeps a task's status equal to its <see cref="TaskJudgement"/>, and deletes the task when its time to live after the end has expired.
/// </summary>
[EntityRbac(typeof(NetworkProfilingTask), Verbs = RbacVerb.List | RbacVerb.Watch | RbacVerb.Delete)]
[GenericRbac(Groups = [NetworkProfilingTask.Group], Resources = [NetworkProfilingTask.Plural + "/status"], Verbs = RbacVerb.Patch)]
[EntityRbac(typeof(PodRecord), typeof(V1Node), typeof(V1ReplicaSet), typeof(V1Job), Verbs = RbacVerb.List | RbacVerb.Watch)]
[EntityRbac(typeof(Eventsv1Event), Verbs = RbacVerb.Create | RbacVerb.Patch)]
internal sealed partial class TaskController(
    ClusterCaches caches, Writes writes, EventPublisher publish, OperatorScope scope, TimeProvider time, ILogger<TaskController> log)
    : IEntityController<NetworkProfilingTask>
{
    private readonly WriteMemory _written = new(time);

    public async Task<ReconciliationResult<NetworkProfilingTask>> ReconcileAsync(
        NetworkProfilingTask entity, CancellationToken cancellationToken)
    {
        var (task, key) = (entity, ObjectKey.Of(entity));
        if (task.Metadata is not { DeletionTimestamp: null, Uid: not null })
            return await DeletedAsync(task, cancellationToken).ConfigureAwait(false);

        var decision = TaskJudgement.Judge(task, Observe(task), scope.Exporters, time.GetUtcNow());
        var lookAgainAfter = decision.LookAgainAfter;
        try
        {
            if (decision.Delete) await DeleteAsync(task, cancellationToken).ConfigureAwait(false);
            else if (!await TryWriteAsync(key, task, decision.Status, cancellationToken).ConfigureAwait(false))
                lookAgainAfter = WriteMemory.Patience;
        }
        catch (HttpOperationException refusal) when (refusal.IsNotFound || refusal.IsConflict)
        {
            // The object was deleted, created again, or changed in the meantime. The cache will show it and trigger another reconciliation;
            // this one is scheduled in case it does not.
            _written.Forget(key);
            return ReconciliationResult<NetworkProfilingTask>.Success(task, WakeUps.Debounce);
        }

        return ReconciliationResult<NetworkProfilingTask>.Success(task, lookAgainAfter);
    }

    public Task<ReconciliationResult<NetworkProfilingTask>> DeletedAsync(NetworkProfilingTask entity, CancellationToken cancellationToken)
    {
        _written.Forget(ObjectKey.Of(entity));
        return Task.FromResult(ReconciliationResult<NetworkProfilingTask>.Success(entity));
    }

    private TaskObservation Observe(NetworkProfilingTask task)
    {
        var targets = caches.Resolve(task);
        var configs = caches.ConfigsOf(task).ToDictionary(config => config.Metadata.Name);
        var now = time.GetUtcNow();
        var limits = scope.Limits.Of(task.Metadata.NamespaceProperty);
        return new(
            targets,
            [
                .. targets.ContainersByNode.Keys.Union(configs.Keys).Order(StringComparer.Ordinal).Select(name =>
                {
                    var node = caches.Nodes.Get(null, name);
                    var config = configs.GetValueOrDefault(name) ?? caches.Configs.Get(writes.Namespace, name);
                    return NodeShare.Of(
                        name, task.Metadata.Uid!, task.Metadata.NamespaceProperty ?? "", targets.ContainersByNode.GetValueOrDefault(name),
                        node is not null, node?.IsReady == true, config,
                        scope.TasksPerNode, now) with
                    {
                        HasFallenSilent = caches.Agents?.IsSilent(name) == true,
                    };
                }),
            ],
            limits,
            limits.MaxTasks is null ? 0 : caches.TasksIn(task.Metadata.NamespaceProperty).Count(other => TaskLife.IsOlder(other, task)));
    }

    /// <summary>False if it was written a moment ago, and the cache does not show it yet.</summary>
    private async Task<bool> TryWriteAsync(
        ObjectKey key, NetworkProfilingTask task, NetworkProfilingTaskStatus status, CancellationToken cancellation)
    {
        byte[] content = StatusSize.Serialize(status);
        if (task.Status is { } current && StatusSize.Serialize(current).AsSpan().SequenceEqual(content))
        {
            _written.Forget(key);
            return true;
        }

        if (_written.IsWritten(key, task.Metadata.ResourceVersion, content)) return false;

        await writes.ApplyStatusAsync(
            new()
            {
                // The uid restricts the write to this very object. A status that ends the task also requires the version that it was
                // computed from: an ended task must not be evaluated again with a stale cache, when the nodes have dropped its results.
                // (Requiring the version always would be too strict: every change of a label would block a status.)
                Metadata = new()
                {
                    Name = key.Name,
                    NamespaceProperty = key.Namespace,
                    Uid = task.Metadata.Uid,
                    ResourceVersion = status.CompletionTime is null ? null : task.Metadata.ResourceVersion,
                },
                Status = status,
            },
            cancellation).ConfigureAwait(false);
        _written.Remember(key, task.Metadata.ResourceVersion, content);

        foreach (var transition in TaskTransition.Between(task.Status, status))
        {
            _ = publish(task, transition.Reason, transition.Note, transition.Type, cancellation, transition.Action);
            LogTransition(key, transition.Action, transition.Reason, transition.Note);
        }

        return true;
    }

    private async Task DeleteAsync(NetworkProfilingTask task, CancellationToken cancellation)
    {
        await writes.DeleteAsync(task, NetworkProfilingTask.Plural, resourceVersion: null, cancellation).ConfigureAwait(false);
        LogDeleted(task.Metadata.NamespaceProperty, task.Metadata.Name, task.Spec.TtlSecondsAfterFinished);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {Task}: {Action}, {Reason}: {Note}")]
    private partial void LogTransition(ObjectKey task, string action, string reason, string note);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {Namespace}/{Name}: deleted {Seconds} s after its end")]
    private partial void LogDeleted(string? @namespace, string name, int? seconds);
}
