using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;

namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>Resolves a key to its object: the cached one or, if it no longer exists, the last known state.</summary>
internal sealed class EntityReconciler<TEntity> : IKeyController
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly IEntityController<TEntity> _controller;
    private readonly IEntityLister<TEntity> _lister;

    // Kept until DeletedAsync succeeds; bounded by the number of keys in the queue.
    private readonly ConcurrentDictionary<ObjectKey, TEntity> _deleted = [];

    public EntityReconciler(IEntityController<TEntity> controller, Informer<TEntity> informer)
    {
        (_controller, _lister) = (controller, informer.Lister);
        informer.AddHandler(change =>
        {
            if (change.New is null) _deleted[change.Key] = change.Latest;
        });
    }

    public async Task<ReconciliationResult<ObjectKey>> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        // A deleted object and its successor with the same name are different objects: both are reconciled, in that order.
        if (_deleted.TryGetValue(key, out var deleted))
        {
            var end = await _controller.DeletedAsync(deleted, cancellationToken);
            if (end.Outcome == ReconciliationOutcome.Failure) return end.For(key);
            _deleted.TryRemove(new(key, deleted));
        }
        return _lister.Get(key.Namespace, key.Name) is { } entity
            ? (await _controller.ReconcileAsync(entity, cancellationToken)).For(key)
            : ReconciliationResult<ObjectKey>.Success(key);
    }
}
