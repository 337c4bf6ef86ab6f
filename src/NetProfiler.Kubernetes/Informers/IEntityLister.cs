using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>A cache of the objects of a kind, which may lag behind the server. Objects are shared and must not be modified.</summary>
public interface IEntityLister<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    TEntity? Get(string? @namespace, string name);

    /// <summary>All objects, in no particular order.</summary>
    IReadOnlyCollection<TEntity> List();

    /// <summary>The objects that an index assigns to a key. Indexes are declared when the informer is created.</summary>
    IReadOnlyCollection<TEntity> ByIndex(string index, string key);
}
