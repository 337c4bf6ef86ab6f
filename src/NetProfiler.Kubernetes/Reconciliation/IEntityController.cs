using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>Reconciles an object. Called again until it succeeds, so it must be idempotent.</summary>
public interface IEntityController<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    Task<ReconciliationResult<TEntity>> ReconcileAsync(TEntity entity, CancellationToken cancellationToken);

    /// <summary>
    /// The object was deleted; its last known state is passed. Best effort: a deletion while no operator runs is never reported.
    /// </summary>
    Task<ReconciliationResult<TEntity>> DeletedAsync(TEntity entity, CancellationToken cancellationToken);
}

/// <summary>Same for keys that need not be those of an object, such as the names of nodes.</summary>
public interface IKeyController
{
    Task<ReconciliationResult<ObjectKey>> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);
}
