using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Finds the objects between a pod and its workload: replica sets and jobs.</summary>
public interface IOwnerLookup
{
    /// <summary>Null if the owner is unknown, or not cached because its kind never has a relevant owner.</summary>
    V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner);
}
