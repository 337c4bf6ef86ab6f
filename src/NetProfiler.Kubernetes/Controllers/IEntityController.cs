using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Controllers;

/// <summary>Makes the world as an object says. Called again until it is: it must not matter how often.</summary>
public interface IEntityController<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    Task<ReconciliationResult<TEntity>> ReconcileAsync(TEntity entity, CancellationToken cancellationToken);

    /// <summary>
    /// The object is gone; given is what was known of it last. Best effort: what went while no operator ran is never told.
    /// </summary>
    Task<ReconciliationResult<TEntity>> DeletedAsync(TEntity entity, CancellationToken cancellationToken);
}

/// <summary>The same for keys that need not be those of an object, such as the names of nodes.</summary>
public interface IKeyController
{
    Task<ReconciliationResult<ObjectKey>> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);
}
