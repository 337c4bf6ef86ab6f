using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>What the API server stores: everything has metadata.</summary>
public interface IKubernetesObject
{
    V1ObjectMeta Metadata { get; }
}

/// <summary>An object whose type says where the API server keeps it, and how it reads as JSON.</summary>
public interface IKubernetesEntity<TEntity> : IKubernetesObject
    where TEntity : class, IKubernetesEntity<TEntity>
{
    static abstract EntityMetadata<TEntity> EntityMetadata { get; }
}
