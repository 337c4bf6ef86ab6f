using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>
/// What is known of a kind, without asking the server: always a little old. Objects are shared; nobody changes them.
/// </summary>
public interface IEntityLister<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    TEntity? Get(string? @namespace, string name);

    /// <summary>All of them, in no order.</summary>
    IReadOnlyCollection<TEntity> List();

    /// <summary>Those to which the index gives this key; an index is named where the informer is made.</summary>
    IReadOnlyCollection<TEntity> ByIndex(string index, string key);
}
