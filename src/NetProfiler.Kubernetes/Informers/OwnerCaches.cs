using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>Owners as caches know them.</summary>
public sealed record OwnerCaches(IEntityLister<V1ReplicaSet> ReplicaSets, IEntityLister<V1Job> Jobs) : IOwnerLookup
{
    public V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner) => owner.Kind switch
    {
        "ReplicaSet" when owner.ApiVersion == V1ReplicaSet.EntityMetadata.ApiVersion => ReplicaSets.Get(@namespace, owner.Name)?.Metadata,
        "Job" when owner.ApiVersion == V1Job.EntityMetadata.ApiVersion => Jobs.Get(@namespace, owner.Name)?.Metadata,
        _ => null,
    };
}
