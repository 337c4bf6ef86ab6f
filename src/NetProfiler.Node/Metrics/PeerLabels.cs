using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Node.Metrics;

/// <summary>The labels that say who measured and who was at the other end.</summary>
internal static class PeerLabels
{
    public static IEnumerable<(string Name, string Value)> Of(PeerPair peers) =>
    [
        .. peers.Container is { } container ? Of(container) : [],
        ("process", peers.Process),
        ("peer", peers.Remote.Label),
        ("peer_kind", peers.Remote.KindLabel),
    ];

    public static IEnumerable<(string Name, string Value)> Of(ContainerIdentity container) =>
    [
        ("k8s_namespace_name", container.Namespace),
        ("k8s_workload_name", (container.Workload ?? container.PodName)[((container.Workload ?? "").LastIndexOf('/') + 1)..]),
        ("k8s_pod_name", container.PodName),
        ("k8s_container_name", container.Name),
    ];
}
