using NetProfiler.Analysis.Metrics;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>The edges of all nodes: those between the same two ends are one.</summary>
internal static class PeerMerge
{
    /// <summary>The schema's bound; those with the most requests stay.</summary>
    public const int MaxPeers = 100;

    public static IReadOnlyList<TaskPeer> Of(IEnumerable<NodePeer> edges, out bool leftOut)
    {
        var merged = edges.GroupBy(edge => (edge.Role, edge.Local, edge.Remote)).Select(Merge)
            .OrderByDescending(peer => peer.Requests)
            .ThenBy(peer => peer.Role)
            .ThenBy(peer => Text(peer.Local), StringComparer.Ordinal)
            .ThenBy(peer => Text(peer.Remote), StringComparer.Ordinal)
            .ToList();

        leftOut = merged.Count > MaxPeers;
        return leftOut ? merged[..MaxPeers] : merged;
    }

    private static TaskPeer Merge(IGrouping<(TaskPeerRole Role, TaskPeerEnd Local, TaskPeerEnd Remote), NodePeer> edges)
    {
        LatencySketch? sketch = null;
        var peer = new TaskPeer { Role = edges.Key.Role, Local = edges.Key.Local, Remote = edges.Key.Remote };
        foreach (var edge in edges)
        {
            if (TaskResults.SketchOf(edge.DurationSketch) is { } one) sketch = sketch is null ? one : LatencySketch.Merge(sketch, one);
            peer = peer with
            {
                Requests = TaskResults.Sum(peer.Requests, edge.Requests),
                Errors = TaskResults.Sum(peer.Errors, edge.Errors),
                RequestBytes = TaskResults.Sum(peer.RequestBytes, edge.RequestBytes),
                ResponseBytes = TaskResults.Sum(peer.ResponseBytes, edge.ResponseBytes),
                Retransmissions = TaskResults.Sum(peer.Retransmissions, edge.Retransmissions),
                // The longest way: an average would hide the one node that is far away.
                RoundTripMicroseconds = Longest(peer.RoundTripMicroseconds, edge.RoundTripMicroseconds),
            };
        }

        return peer with
        {
            P50Microseconds = sketch is null ? 0 : TaskResults.Microseconds(sketch, 0.5),
            P99Microseconds = sketch is null ? 0 : TaskResults.Microseconds(sketch, 0.99),
        };
    }

    private static long? Longest(long? left, long? right) => left is null ? right : right is null ? left : long.Max(left.Value, right.Value);

    private static string Text(TaskPeerEnd end) => $"{(int)end.Kind} {end.Namespace} {end.Name}";
}
