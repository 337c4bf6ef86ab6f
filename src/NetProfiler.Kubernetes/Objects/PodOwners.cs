using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>
/// The owners of a pod: its controller, and the controller's controller. An owner whose name now belongs to another object does not count.
/// </summary>
public static class PodOwners
{
    /// <summary>Deployment, replica set, pod; cron job, job, pod. Longer chains do not occur.</summary>
    private const int MaxDepth = 2;

    public static IEnumerable<V1OwnerReference> Of(V1ObjectMeta pod, IOwnerLookup lookup)
    {
        var owned = pod;
        for (int depth = 0; depth < MaxDepth
            && owned.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true) is { } owner; depth++)
        {
            yield return owner;
            if (lookup.Find(pod.NamespaceProperty, owner) is not { } found || found.Uid != owner.Uid) yield break;
            owned = found;
        }
    }

    /// <summary>The workload as <c>Deployment/cart</c>. Null for a pod without an owner.</summary>
    public static string? WorkloadOf(V1ObjectMeta pod, IOwnerLookup lookup) =>
        Of(pod, lookup).LastOrDefault() is { } owner ? $"{owner.Kind}/{owner.Name}" : null;
}
