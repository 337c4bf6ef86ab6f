using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;

namespace NetProfiler.Kubernetes.Controllers;

/// <summary>Brings the object to its key: the cached one, or, where there is none any more, what was known last.</summary>
internal sealed class EntityReconciler<TEntity> : IKeyController
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly IEntityController<TEntity> _controller;
    private readonly IEntityLister<TEntity> _lister;

    // Until DeletedAsync succeeded: no more than there are keys in the queue.
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
        // One that was deleted and is there again under the same name is another one: both are told, in that order.
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
