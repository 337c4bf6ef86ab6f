using k8s.Models;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>Looks up owners in caches.</summary>
public sealed record OwnerCaches(IEntityLister<V1ReplicaSet> ReplicaSets, IEntityLister<V1Job> Jobs) : IOwnerLookup
{
    private static readonly string ReplicaSetVersion = EntityMetadata.Of<V1ReplicaSet>().ApiVersion;
    private static readonly string JobVersion = EntityMetadata.Of<V1Job>().ApiVersion;

    public V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner) => owner.Kind switch
    {
        "ReplicaSet" when owner.ApiVersion == ReplicaSetVersion => ReplicaSets.Get(@namespace, owner.Name)?.Metadata,
        "Job" when owner.ApiVersion == JobVersion => Jobs.Get(@namespace, owner.Name)?.Metadata,
        _ => null,
    };
}
