using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>A change of an object in the cache.</summary>
/// <param name="Old">Null if the object is new.</param>
/// <param name="New">Null if the object was deleted.</param>
/// <param name="IsFinalStateUnknown">The object was deleted while there was no watch: <paramref name="Old"/> is the last known state, and
/// another object may already have the name.</param>
/// <param name="IsInitial">The object existed when the informer started.</param>
public readonly record struct InformerEvent<TEntity>(TEntity? Old, TEntity? New, bool IsFinalStateUnknown = false, bool IsInitial = false)
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The current state, or the last one if the object was deleted.</summary>
    public TEntity Latest => New ?? Old ?? throw new InvalidOperationException("an event without an object");

    public ObjectKey Key => ObjectKey.Of(Latest);
}
