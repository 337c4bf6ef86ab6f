using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Node.Metrics;

/// <summary>The labels that say who measured and who was at the other end.</summary>
internal static class PeerLabels
{
    /// <param name="peers">Null: the overflow series.</param>
    public static IEnumerable<(string Name, string Value)> Of(PeerPair? peers) => peers is null
        ? [("otel_metric_overflow", "true")]
        : [("process", peers.Process), ("peer", peers.Peer), ("peer_kind", peers.PeerKind)];
}
