using NetProfiler.Kubernetes.Resources;

namespace NetProfiler.Operator.Targets;

/// <summary>The objects between a pod and its workload: replica sets and jobs.</summary>
internal interface IOwnerLookup
{
    /// <summary>Null: not known, or not kept because its kind never has an owner that matters.</summary>
    V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner);
}
