using NetProfiler.Analysis.Metrics;
using NetProfiler.Api.Resources;

namespace NetProfiler.Api.Results;

/// <summary>Merges edges of the topology: edges with the same role and ends are one edge.</summary>
public static class PeerMerge
{
    /// <summary>Limit of a list of peers, same as in the schema; those with the most requests are kept.</summary>
    public const int MaxPeers = 100;

    /// <summary>Merges the edges of all nodes. The round-trip time is their maximum: an average would hide one distant node.</summary>
    public static IReadOnlyList<TaskPeer> OfNodes(IEnumerable<NodePeer> edges, out bool truncated) => Largest(Edges(edges).Select(edge =>
    {
        var sketch = DurationSketch.Merge(edge.Select(peer => peer.DurationSketch));
        var start = new TaskPeer
        {
            Role = edge.Key.Role,
            Local = edge.Key.Local,
            Remote = edge.Key.Remote,
            RoundTripMicroseconds = edge.Max(peer => peer.RoundTripMicroseconds),
            P50Microseconds = sketch?.Microseconds(0.5) ?? 0,
            P99Microseconds = sketch?.Microseconds(0.99) ?? 0,
        };
        return edge.Aggregate(start, (sum, peer) => sum.Add(peer));
    }), out truncated);

    /// <summary>Merges one node's edges: those of an earlier report and those found since, whose round-trip time is more recent.</summary>
    public static IReadOnlyList<NodePeer> Continue(IEnumerable<NodePeer> earlier, IEnumerable<NodePeer> found, out bool truncated) =>
        Largest(Edges(found.Concat(earlier)).Select(edge => edge.Aggregate((sum, peer) => sum.Add(peer) with
        {
            RoundTripMicroseconds = sum.RoundTripMicroseconds ?? peer.RoundTripMicroseconds,
            DurationSketch = DurationSketch.Encode(
                DurationSketch.Merge([peer.DurationSketch, sum.DurationSketch]) ?? new(), LatencySketch.CoarseEncodedBytes),
        })), out truncated);

    private static IEnumerable<IGrouping<(TaskPeerRole Role, TaskPeerEnd Local, TaskPeerEnd Remote),
        NodePeer>> Edges(IEnumerable<NodePeer> peers) =>
        peers.GroupBy(peer => (peer.Role, peer.Local, peer.Remote));

    // A total order, so that the result does not depend on the order of nodes or edges.
    private static List<TPeer> Largest<TPeer>(IEnumerable<TPeer> peers, out bool truncated) where TPeer : PeerCounts
    {
        var sorted = peers
            .OrderByDescending(peer => peer.Requests)
            .ThenBy(peer => peer.Role)
            .ThenBy(peer => Text(peer.Local), StringComparer.Ordinal)
            .ThenBy(peer => Text(peer.Remote), StringComparer.Ordinal)
            .ToList();

        truncated = sorted.Count > MaxPeers;
        return truncated ? sorted[..MaxPeers] : sorted;
    }

    private static string Text(TaskPeerEnd end) => $"{(int)end.Kind} {end.Namespace} {end.Name}";
}
