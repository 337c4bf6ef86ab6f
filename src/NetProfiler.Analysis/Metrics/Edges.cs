using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>One edge of the topology: the exchanges between two parties, as one of them measured them.</summary>
public sealed class Edge(EndpointRole role, Party local, Party remote)
{
    /// <summary>Role of <see cref="Local"/>, the party that measured.</summary>
    public EndpointRole Role { get; } = role;

    public Party Local { get; } = local;

    public Party Remote { get; } = remote;

    public long Requests { get; private set; }

    /// <summary>Number of requests answered with 4xx or 5xx, included in <see cref="Requests"/>.</summary>
    public long Errors { get; private set; }

    /// <summary>
    /// Number of requests whose connection ended before their response was complete. Not included in <see cref="Requests"/>.
    /// </summary>
    public long Unfinished { get; private set; }

    public long RequestBytes { get; private set; }

    public long ResponseBytes { get; private set; }

    /// <summary>Durations of the exchanges; quantiles are accurate within an eighth.</summary>
    public LatencySketch Latency { get; private init; } = LatencySketch.Coarse();

    /// <summary>Latest smoothed round-trip time; 0 if unknown.</summary>
    public uint RoundTripMicroseconds { get; private set; }

    /// <summary>Number of segments retransmitted during exchanges.</summary>
    public long Retransmissions { get; private set; }

    internal void Record(in Exchange exchange) => Add(
        exchange.Status, exchange.DurationNanoseconds, exchange.RequestBytes ?? 0, exchange.ResponseBytes ?? 0,
        exchange.Connection.RoundTripMicroseconds,
        exchange.Retransmissions);

    /// <summary>Counts a request without a complete response.</summary>
    public void AddUnfinished() => Unfinished++;

    /// <summary>Counts one exchange.</summary>
    /// <param name="roundTripMicroseconds">0 if unknown.</param>
    public void Add(int status, long durationNanoseconds, long requestBytes, long responseBytes, uint roundTripMicroseconds,
        uint retransmissions)
    {
        Retransmissions += retransmissions;
        Requests++;
        if (status >= 400) Errors++;
        RequestBytes += requestBytes;
        ResponseBytes += responseBytes;
        Latency.Add(durationNanoseconds);
        RoundTripMicroseconds = roundTripMicroseconds;
    }

    internal Edge Snapshot() => new(Role, Local, Remote)
    {
        Requests = Requests,
        Errors = Errors,
        Unfinished = Unfinished,
        RequestBytes = RequestBytes,
        ResponseBytes = ResponseBytes,
        Latency = Latency.Snapshot(),
        RoundTripMicroseconds = RoundTripMicroseconds,
        Retransmissions = Retransmissions,
    };
}

/// <summary>The edges of the topology. Ring-buffer thread only.</summary>
public sealed class Edges
{
    /// <summary>Maximum number of edges. Beyond it, there is one unnamed edge per role.</summary>
    public const int MaxEdges = 1024;

    private static readonly Party Others = new(PartyKind.External, null, "other");

    // Several pairs may share an edge: the processes and containers of one workload are one party. Only a cache; cleared when it grows too
    // large.
    private readonly Dictionary<PeerPair, Edge> _byPeers = [];
    private readonly Dictionary<(EndpointRole, Party, Party), Edge> _edges = [];

    public void Record(in Exchange exchange, PeerPair peers) => Of(peers).Record(exchange);

    /// <summary>Counts a request without a complete response.</summary>
    public void RecordUnfinished(PeerPair peers) => Of(peers).AddUnfinished();

    /// <summary>A copy of the busiest edges for other threads, in descending order.</summary>
    public Edge[] Snapshot(int most = MaxEdges) =>
        [.. _edges.Values.OrderByDescending(edge => edge.Requests + edge.Unfinished).Take(most).Select(edge => edge.Snapshot())];

    private Edge Of(PeerPair peers)
    {
        if (_byPeers.TryGetValue(peers, out var edge)) return edge;
        if (_byPeers.Count == PeerPairs.MaxPairs) _byPeers.Clear();
        return _byPeers[peers] = EdgeOf(peers);
    }

    private Edge EdgeOf(PeerPair peers)
    {
        var key = (peers.Role, peers.Local, peers.Remote);
        if (_edges.TryGetValue(key, out var edge)) return edge;
        if (_edges.Count >= MaxEdges - 2) key = (peers.Role, Others, Others);
        if (_edges.TryGetValue(key, out edge)) return edge;
        return _edges[key] = new Edge(key.Role, key.Item2, key.Item3);
    }
}
