using NetProfiler.Kubernetes.Resources;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Whose pod it is: its controller, and that one's. A name that another object took over since is nobody's.</summary>
public static class PodOwners
{
    /// <summary>Deployment, replica set, pod; cron job, job, pod. Longer chains do not exist.</summary>
    private const int MaxDepth = 2;

    public static IEnumerable<V1OwnerReference> Of(V1ObjectMeta pod, IOwnerLookup lookup)
    {
        var owned = pod;
        for (int depth = 0; depth < MaxDepth && owned.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true) is { } owner; depth++)
        {
            yield return owner;
            if (lookup.Find(pod.Namespace, owner) is not { } found || found.Uid != owner.Uid) yield break;
            owned = found;
        }
    }

    public static bool IsMeant(this WorkloadReference reference, V1OwnerReference owner) =>
        owner.Name == reference.Name && owner.Kind == reference.Kind?.ToString() && GroupOf(owner.ApiVersion) == GroupOf(reference.Kind);

    /// <summary>As people write it: <c>Deployment/cart</c>. Null for a pod of its own.</summary>
    public static string? WorkloadOf(V1ObjectMeta pod, IOwnerLookup lookup) =>
        Of(pod, lookup).LastOrDefault() is { } owner ? $"{owner.Kind}/{owner.Name}" : null;

    // Another group's "Deployment" is another thing.
    private static string GroupOf(string apiVersion) => apiVersion.Contains('/') ? apiVersion[..apiVersion.IndexOf('/')] : "";

    private static string GroupOf(WorkloadKind? kind) => kind is WorkloadKind.Job or WorkloadKind.CronJob ? "batch" : "apps";
}
