using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>The objects between a pod and its workload: replica sets and jobs.</summary>
public interface IOwnerLookup
{
    /// <summary>Null: not known, or not kept because its kind never has an owner that matters.</summary>
    V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner);
}
