using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Whose pod it is: its controller, and that one's. A name that another object took over since is nobody's.</summary>
public static class PodOwners
{
    /// <summary>Deployment, replica set, pod; cron job, job, pod. Longer chains do not exist.</summary>
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

    /// <summary>As people write it: <c>Deployment/cart</c>. Null for a pod of its own.</summary>
    public static string? WorkloadOf(V1ObjectMeta pod, IOwnerLookup lookup) =>
        Of(pod, lookup).LastOrDefault() is { } owner ? $"{owner.Kind}/{owner.Name}" : null;
}
