using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>What Kubernetes knows of both ends of a sampled exchange, by the names of OpenTelemetry's semantic conventions.</summary>
internal static class KubernetesAttributes
{
    // Kinds of workloads that the conventions have an attribute for: k8s.deployment.name.
    private static readonly HashSet<string> Kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"];

    /// <summary>Of the profiled process, as attributes of a resource. None if it does not run in a pod.</summary>
    public static IEnumerable<(string Key, string Value)> OfResource(ContainerIdentity? container, string? nodeName)
    {
        if (container is null) yield break;
        yield return ("service.namespace", container.Namespace);
        yield return ("k8s.namespace.name", container.Namespace);
        yield return ("k8s.pod.name", container.PodName);
        yield return ("k8s.container.name", container.Name);
        if (container.Workload is { } workload && workload.IndexOf('/') is > 0 and var slash && Kinds.Contains(workload[..slash]))
            yield return ($"k8s.{workload[..slash].ToLowerInvariant()}.name", workload[(slash + 1)..]);
        if (nodeName is not null) yield return ("k8s.node.name", nodeName);
    }

    /// <summary>
    /// Of the other end, as attributes of a span. The conventions have only its name; the other attributes have names of ours. None if only
    /// its address is known.
    /// </summary>
    public static IEnumerable<(string Key, string Value)> OfPeer(ShownSample sample)
    {
        if (sample.RemoteParty is not { Kind: not PartyKind.External } remote) yield break;
        yield return ("peer.service", remote.Name[(remote.Name.LastIndexOf('/') + 1)..]);
        yield return ("netprofiler.peer.kind", remote.KindLabel);
        if (remote.Namespace is { } name) yield return ("netprofiler.peer.k8s.namespace.name", name);
        if (sample.Peer?.Container is not { } container) yield break;
        yield return ("netprofiler.peer.k8s.pod.name", container.PodName);
        yield return ("netprofiler.peer.k8s.container.name", container.Name);
    }
}
