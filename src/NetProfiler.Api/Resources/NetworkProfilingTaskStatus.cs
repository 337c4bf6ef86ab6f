using System.Text.Json.Serialization;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Api.Resources;

/// <summary>The status of a task. Written only by the operator.</summary>
public sealed record NetworkProfilingTaskStatus
{
    public long? ObservedGeneration { get; set; }

    /// <summary>For display; programs should use the conditions.</summary>
    public TaskPhase? Phase { get; set; }

    /// <summary>What needs attention, or why the task waits or ended. Null if the task is healthy.</summary>
    public string? Message { get; set; }

    /// <summary>Detects a change of the immutable fields where the API server does not refuse it (before Kubernetes 1.25).</summary>
    public string? ImmutableHash { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public DateTimeOffset? CompletionTime { get; set; }

    public DateTimeOffset? DeadlineTime { get; set; }

    /// <summary>Running time before the latest suspension. Null if the task was never suspended.</summary>
    public int? ElapsedSeconds { get; set; }

    public TaskTargetCounts? Targets { get; set; }

    public TaskNodeCounts? Nodes { get; set; }

    /// <summary>Sorted by node name; the first ten.</summary>
    public IReadOnlyList<TaskNodeFailure>? NodeFailures { get; set; }

    /// <summary>Periods in which a node was not captured although the task was running, sorted by time: the latest ten.</summary>
    public IReadOnlyList<TaskInterruption>? Interruptions { get; set; }

    public TaskSummary? Summary { get; set; }

    public TaskTopTraces? TopTraces { get; set; }

    /// <summary>The peers with the most requests.</summary>
    public IReadOnlyList<TaskPeer>? Peers { get; set; }

    /// <summary>The latest time among the nodes' results.</summary>
    public DateTimeOffset? ResultsTime { get; set; }

    /// <summary>Whether something was left out because of the size limit of the object.</summary>
    public bool? Truncated { get; set; }

    /// <summary>Sorted by type.</summary>
    public IReadOnlyList<V1Condition>? Conditions { get; set; }
}

public enum TaskPhase
{
    Pending,
    Running,
    Suspended,
    Completed,
    Failed,
}

public sealed record TaskTargetCounts
{
    public int Pods { get; set; }

    public int Containers { get; set; }

    public int Nodes { get; set; }
}

/// <summary>Number of nodes with a target, by the progress of their agents.</summary>
public sealed record TaskNodeCounts
{
    public int Desired { get; set; }

    /// <summary>Number of nodes whose agent has acknowledged this generation.</summary>
    public int Configured { get; set; }

    public int Capturing { get; set; }

    public int Failed { get; set; }

    /// <summary>Number of nodes that are not ready, or whose agent is not.</summary>
    public int Unreachable { get; set; }
}

/// <summary>A period in which a node's agent did not capture. What was missed is unknown.</summary>
public sealed record TaskInterruption
{
    public string NodeName { get; set; } = "";

    public DateTimeOffset From { get; set; }

    /// <summary>Null if the interruption continues, or lasted until the task's end.</summary>
    public DateTimeOffset? To { get; set; }

    public string Reason { get; set; } = "";
}

public sealed record TaskNodeFailure
{
    public string NodeName { get; set; } = "";

    public string Reason { get; set; } = "";

    public string Message { get; set; } = "";

    public DateTimeOffset LastTransitionTime { get; set; }
}

/// <summary>The counts of one node or of all nodes.</summary>
public record TaskCounts
{
    public long Requests { get; set; }

    public long Responses2xx { get; set; }

    public long Responses3xx { get; set; }

    public long Responses4xx { get; set; }

    public long Responses5xx { get; set; }

    /// <summary>Number of messages and connections that could not be read as HTTP/1.x, or paired.</summary>
    public long Unparsed { get; set; }

    /// <summary>
    /// Number of requests on connections that were joined or lost events, whose client was assumed to wait for each response. Included in
    /// the requests.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Assumed { get; set; }

    /// <summary>Number of assumed requests that a later message contradicted. They remain counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Refuted { get; set; }

    /// <summary>Number of requests whose connection ended before a response began. Not included in the requests.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Unanswered { get; set; }

    /// <summary>Number of requests whose connection ended during the response. Not included in the requests.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Incomplete { get; set; }

    /// <summary>
    /// Number of requests, complete or not, that a rule with <c>count: false</c> excludes from all other counts. Null if there are none.
    /// </summary>
    public IReadOnlyList<TaskExclusion>? Excluded { get; set; }

    /// <summary>Null unless the task reads TLS.</summary>
    public TaskTlsCounts? Tls { get; set; }

    public long Sampled { get; set; }

    /// <summary>Number of events lost between kernel and agent.</summary>
    public long DroppedEvents { get; set; }

    /// <summary>Number of samples dropped because of a limit.</summary>
    public long DroppedSamples { get; set; }

    public long RequestBytes { get; set; }

    public long ResponseBytes { get; set; }
}

/// <summary>The requests that one rule excludes from counts.</summary>
public sealed record TaskExclusion
{
    public string Rule { get; set; } = "";

    public long Requests { get; set; }
}

public sealed record TaskSummary : TaskCounts
{
    public TaskSummary()
    {
    }

    public TaskSummary(TaskCounts counts)
        : base(counts)
    {
    }

    public TaskDurations? DurationMicroseconds { get; set; }
}

/// <summary>Quantiles, accurate within about 3 %, and the exact maximum. In microseconds.</summary>
public sealed record TaskDurations
{
    public long P50 { get; set; }

    public long P90 { get; set; }

    public long P99 { get; set; }

    public long Max { get; set; }
}

/// <summary>Each list has at most topN entries.</summary>
public sealed record TaskTopTraces
{
    /// <summary>Longest first.</summary>
    public IReadOnlyList<TaskTopTrace> Slow { get; set; } = [];

    /// <summary>Latest first.</summary>
    public IReadOnlyList<TaskTopTrace> ClientErrors { get; set; } = [];

    /// <summary>Latest first.</summary>
    public IReadOnlyList<TaskTopTrace> ServerErrors { get; set; } = [];
}

/// <summary>A sampled exchange, without its content.</summary>
public sealed record TaskTopTrace
{
    /// <summary>Identifies the sample's content at its node's agent.</summary>
    [JsonPropertyName("sampleID")]
    public string SampleId { get; set; } = "";

    [JsonPropertyName("traceID")]
    public string? TraceId { get; set; }

    [JsonPropertyName("spanID")]
    public string? SpanId { get; set; }

    /// <summary><c>w3c</c>, <c>sw8</c> or <c>b3</c>.</summary>
    public string? TraceSystem { get; set; }

    public string Rule { get; set; } = "";

    public TaskPeerRole Role { get; set; }

    public string Method { get; set; } = "";

    /// <summary>Masked, and truncated to 256 characters.</summary>
    public string Uri { get; set; } = "";

    public int Status { get; set; }

    public long DurationMicroseconds { get; set; }

    /// <summary>Start time, in microseconds so that recent exchanges of many nodes can be ordered.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset Time { get; set; }

    public string? NodeName { get; set; }

    public string? PodName { get; set; }

    public string? ContainerName { get; set; }

    public string? Peer { get; set; }
}

/// <summary>The end of the connection that measured.</summary>
public enum TaskPeerRole
{
    Server,
    Client,
}

/// <summary>One end of an edge.</summary>
public sealed record TaskPeerEnd
{
    public TaskPeerKind Kind { get; set; }

    /// <summary>Null if the kind is not namespaced.</summary>
    public string? Namespace { get; set; }

    /// <summary>A workload as <c>Deployment/cart</c>, the name of a service or process, or an address.</summary>
    public string Name { get; set; } = "";
}

public enum TaskPeerKind
{
    External,
    Process,
    Pod,
    Workload,
    Service,
}

/// <summary>The counts between one end of the targets' connections and the other: an edge of the topology.</summary>
public abstract record PeerCounts
{
    public TaskPeerRole Role { get; set; }

    public TaskPeerEnd Local { get; set; } = new();

    public TaskPeerEnd Remote { get; set; } = new();

    public long Requests { get; set; }

    /// <summary>The number of requests that were answered with 4xx or 5xx.</summary>
    public long Errors { get; set; }

    /// <summary>Number of requests whose connection ended before their response was complete. Not included in the requests.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Unfinished { get; set; }

    public long RequestBytes { get; set; }

    public long ResponseBytes { get; set; }

    /// <summary>The smoothed round-trip time, in microseconds. Null if unknown.</summary>
    public long? RoundTripMicroseconds { get; set; }

    public long Retransmissions { get; set; }
}

/// <summary>An edge of the topology, over all nodes.</summary>
public sealed record TaskPeer : PeerCounts
{
    public long P50Microseconds { get; set; }

    public long P99Microseconds { get; set; }
}
