using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// A task's results as the node's configuration has room for them: what was reported earlier, and what was found since. Sums of what an
/// earlier report kept: what that had to leave out stays left out, and is said to be.
/// </summary>
internal static class TaskReport
{
    /// <summary>The schema's bound; those with the most requests stay.</summary>
    public const int MaxPeers = 100;

    private const int MaxUriLength = 256;
    private const int MaxTraceIdLength = 256;
    private const int MaxPeerLength = 512;
    private const int MaxNameLength = 320;

    /// <param name="wallOffsetNanoseconds">What to add to a time of the snapshot to get nanoseconds since 1970.</param>
    public static NodeTaskStatus Of(NodeTaskStatus? earlier, TaskSnapshot found, long lostEvents, ProfilingPlan plan, Redactor redactor, long wallOffsetNanoseconds)
    {
        var peers = Merge(earlier?.Peers ?? [], found.Edges.Select(Peer));
        return new NodeTaskStatus
        {
            Counts = Sum(earlier?.Counts ?? new(), found.Counts with { DroppedEvents = lostEvents }),
            DurationSketch = Merge(earlier?.DurationSketch, found.Latency, LatencySketch.MaxEncodedBytes),
            TopTraces = new()
            {
                Slow =
                [
                    .. Traces(found.Slow).Concat(earlier?.TopTraces.Slow ?? [])
                        .OrderByDescending(trace => trace.DurationMicroseconds).ThenBy(trace => trace.Time).Take(plan.TopN),
                ],
                ClientErrors = [.. Traces(found.ClientErrors).Concat(earlier?.TopTraces.ClientErrors ?? []).Take(plan.TopN)],
                ServerErrors = [.. Traces(found.ServerErrors).Concat(earlier?.TopTraces.ServerErrors ?? []).Take(plan.TopN)],
            },
            Peers = [.. peers.Take(MaxPeers)],
            Truncated = peers.Count > MaxPeers || earlier?.Truncated == true ? true : null,
        };

        IEnumerable<TaskTopTrace> Traces(TopEntry[] entries) => entries.Where(entry => entry.Tag is not null).Select(entry => Trace(entry, redactor, wallOffsetNanoseconds));
    }

    private static TaskTopTrace Trace(TopEntry entry, Redactor redactor, long wallOffsetNanoseconds) => new()
    {
        SampleId = entry.Tag!.Id.ToString(),
        TraceId = Cut(entry.Tag.Trace?.TraceId, MaxTraceIdLength),
        SpanId = Cut(entry.Tag.Trace?.SpanId, MaxTraceIdLength),
        TraceSystem = entry.Tag.Trace?.System,
        Rule = entry.Tag.Rule,
        Role = RoleOf(entry.Peers!.Role),
        Method = entry.Method,
        Uri = Cut(redactor.Target(entry.Target), MaxUriLength)!,
        Status = entry.Status,
        DurationMicroseconds = entry.DurationNanoseconds / 1000,
        Time = DateTimeOffset.UnixEpoch.AddMicroseconds((entry.StartNanoseconds + wallOffsetNanoseconds) / 1000),
        PodName = entry.Peers.Container?.PodName,
        ContainerName = entry.Peers.Container?.Name,
        Peer = Cut(entry.Peers.Remote.Label, MaxPeerLength),
    };

    private static NodePeer Peer(Edge edge) => new()
    {
        Role = RoleOf(edge.Role),
        Local = End(edge.Local),
        Remote = End(edge.Remote),
        Requests = edge.Requests,
        Errors = edge.Errors,
        RequestBytes = edge.RequestBytes,
        ResponseBytes = edge.ResponseBytes,
        DurationSketch = Convert.ToBase64String(edge.Latency.Encode(LatencySketch.CoarseEncodedBytes)),
        RoundTripMicroseconds = edge.RoundTripMicroseconds == 0 ? null : edge.RoundTripMicroseconds,
        Retransmissions = edge.Retransmissions,
    };

    private static List<NodePeer> Merge(IReadOnlyList<NodePeer> earlier, IEnumerable<NodePeer> found) =>
    [
        .. found.Concat(earlier).GroupBy(peer => (peer.Role, peer.Local, peer.Remote)).Select(same => same.Aggregate(Sum))
            .OrderByDescending(peer => peer.Requests)
            .ThenBy(peer => peer.Role).ThenBy(peer => $"{peer.Local} {peer.Remote}", StringComparer.Ordinal),
    ];

    private static NodePeer Sum(NodePeer one, NodePeer earlier) => one with
    {
        Requests = one.Requests + earlier.Requests,
        Errors = one.Errors + earlier.Errors,
        RequestBytes = one.RequestBytes + earlier.RequestBytes,
        ResponseBytes = one.ResponseBytes + earlier.ResponseBytes,
        Retransmissions = one.Retransmissions + earlier.Retransmissions,
        RoundTripMicroseconds = one.RoundTripMicroseconds ?? earlier.RoundTripMicroseconds,
        DurationSketch = Merge(earlier.DurationSketch, SketchOf(one.DurationSketch) ?? new(), LatencySketch.CoarseEncodedBytes),
    };

    private static TaskCounts Sum(TaskCounts one, TaskCounts other) => new()
    {
        Requests = one.Requests + other.Requests,
        Responses2xx = one.Responses2xx + other.Responses2xx,
        Responses3xx = one.Responses3xx + other.Responses3xx,
        Responses4xx = one.Responses4xx + other.Responses4xx,
        Responses5xx = one.Responses5xx + other.Responses5xx,
        Unparsed = one.Unparsed + other.Unparsed,
        Sampled = one.Sampled + other.Sampled,
        DroppedEvents = one.DroppedEvents + other.DroppedEvents,
        DroppedSamples = one.DroppedSamples + other.DroppedSamples,
        RequestBytes = one.RequestBytes + other.RequestBytes,
        ResponseBytes = one.ResponseBytes + other.ResponseBytes,
    };

    private static string Merge(string? earlier, LatencySketch found, int maxBytes) =>
        Convert.ToBase64String((SketchOf(earlier) is { } before ? LatencySketch.Merge(before, found) : found).Encode(maxBytes));

    private static LatencySketch? SketchOf(string? base64)
    {
        Span<byte> bytes = stackalloc byte[LatencySketch.MaxEncodedBytes];
        return base64 is not null && Convert.TryFromBase64String(base64, bytes, out int length) && LatencySketch.TryDecode(bytes[..length], out var sketch)
            ? sketch
            : null;
    }

    private static TaskPeerRole RoleOf(EndpointRole role) => role == EndpointRole.Client ? TaskPeerRole.Client : TaskPeerRole.Server;

    private static TaskPeerEnd End(Party party) => new()
    {
        Kind = party.Kind switch
        {
            PartyKind.Process => TaskPeerKind.Process,
            PartyKind.Pod => TaskPeerKind.Pod,
            PartyKind.Workload => TaskPeerKind.Workload,
            PartyKind.Service => TaskPeerKind.Service,
            _ => TaskPeerKind.External,
        },
        Namespace = party.Namespace,
        Name = Cut(party.Name, MaxNameLength)!,
    };

    // Not within a character of two units.
    private static string? Cut(string? text, int most) =>
        text is null || text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
