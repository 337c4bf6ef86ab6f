using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>An object changed in the cache.</summary>
/// <param name="Old">Null: it is new.</param>
/// <param name="New">Null: it is gone.</param>
/// <param name="IsFinalStateUnknown">
/// It went while nobody watched: <paramref name="Old"/> is what was known last, and whoever took its name may be there already.
/// </param>
/// <param name="IsInitial">It was there when the informer began.</param>
public readonly record struct InformerEvent<TEntity>(TEntity? Old, TEntity? New, bool IsFinalStateUnknown = false, bool IsInitial = false)
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The state to judge by: the new one, or the last one.</summary>
    public TEntity Latest => New ?? Old ?? throw new InvalidOperationException("an event without an object");

    public ObjectKey Key => ObjectKey.Of(Latest);
}
