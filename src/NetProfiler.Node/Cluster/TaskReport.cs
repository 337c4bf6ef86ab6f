using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// The results of a task within the limits of the node's configuration: the sum of the earlier report and what was found since. What the
/// earlier report omitted remains omitted, and is marked so.
/// </summary>
internal static class TaskReport
{
    private const int MaxUriLength = 256;
    private const int MaxTraceIdLength = 256;
    private const int MaxPeerLength = 512;
    private const int MaxNameLength = 320;

    /// <param name="wallOffsetNanoseconds">Offset from a time of the snapshot to nanoseconds since 1970.</param>
    public static NodeTaskStatus Of(NodeTaskStatus? earlier, TaskSnapshot found, long lostEvents, ProfilingPlan plan, Redactor redactor,
        long wallOffsetNanoseconds)
    {
        var peers = PeerMerge.Continue(earlier?.Peers ?? [], found.Edges.Select(Peer), out bool truncated);
        var latency = DurationSketch.Decode(earlier?.DurationSketch) is { } before ? LatencySketch.Merge(before, found.Latency)
            : found.Latency;
        return new NodeTaskStatus
        {
            Counts = Counts.Sum(earlier?.Counts ?? new(), found.Counts with { DroppedEvents = lostEvents }),
            DurationSketch = DurationSketch.Encode(latency, LatencySketch.MaxEncodedBytes),
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
            Peers = peers,
            Truncated = truncated || earlier?.Truncated == true ? true : null,
        };

        IEnumerable<TaskTopTrace> Traces(TopEntry[] entries) =>
            entries.Where(entry => entry.Tag is not null).Select(entry => Trace(entry, redactor, wallOffsetNanoseconds));
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
        Unfinished = edge.Unfinished,
        RequestBytes = edge.RequestBytes,
        ResponseBytes = edge.ResponseBytes,
        DurationSketch = DurationSketch.Encode(edge.Latency, LatencySketch.CoarseEncodedBytes),
        RoundTripMicroseconds = edge.RoundTripMicroseconds == 0 ? null : edge.RoundTripMicroseconds,
        Retransmissions = edge.Retransmissions,
    };

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

    // Does not split a surrogate pair.
    private static string? Cut(string? text, int most) =>
        text is null || text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
