using System.Text.Json.Serialization;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Api.Resources;

/// <summary>What became of a task. The operator alone writes it.</summary>
public sealed record NetworkProfilingTaskStatus
{
    public long? ObservedGeneration { get; set; }

    /// <summary>For people; programs read the conditions.</summary>
    public TaskPhase? Phase { get; set; }

    /// <summary>What needs attention, or why the task waits or ended. Null if the task is healthy.</summary>
    public string? Message { get; set; }

    /// <summary>
    /// By which a change of the immutable fields is noticed where the API server does not refuse it (before Kubernetes 1.25).
    /// </summary>
    public string? ImmutableHash { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public DateTimeOffset? CompletionTime { get; set; }

    public DateTimeOffset? DeadlineTime { get; set; }

    /// <summary>Running time used up before the latest suspension; null: it was never suspended.</summary>
    public int? ElapsedSeconds { get; set; }

    public TaskTargetCounts? Targets { get; set; }

    public TaskNodeCounts? Nodes { get; set; }

    /// <summary>By node name; the first ten.</summary>
    public IReadOnlyList<TaskNodeFailure>? NodeFailures { get; set; }

    /// <summary>When a node was not captured although the task was under way, by time: the latest ten.</summary>
    public IReadOnlyList<TaskInterruption>? Interruptions { get; set; }

    public TaskSummary? Summary { get; set; }

    public TaskTopTraces? TopTraces { get; set; }

    /// <summary>Those with the most requests.</summary>
    public IReadOnlyList<TaskPeer>? Peers { get; set; }

    /// <summary>The latest of the nodes' results.</summary>
    public DateTimeOffset? ResultsTime { get; set; }

    /// <summary>Something was left out to stay within the object's bound.</summary>
    public bool? Truncated { get; set; }

    /// <summary>By type.</summary>
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

/// <summary>Nodes with a target, by how far their agents are.</summary>
public sealed record TaskNodeCounts
{
    public int Desired { get; set; }

    /// <summary>Their agent knows this generation.</summary>
    public int Configured { get; set; }

    public int Capturing { get; set; }

    public int Failed { get; set; }

    /// <summary>The node or its agent is not ready.</summary>
    public int Unreachable { get; set; }
}

/// <summary>A time in which a node's agent did not capture. What was missed then is not known.</summary>
public sealed record TaskInterruption
{
    public string NodeName { get; set; } = "";

    public DateTimeOffset From { get; set; }

    /// <summary>Null: it lasts, or lasted until the task's end.</summary>
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

/// <summary>What was counted, on one node or on all.</summary>
public record TaskCounts
{
    public long Requests { get; set; }

    public long Responses2xx { get; set; }

    public long Responses3xx { get; set; }

    public long Responses4xx { get; set; }

    public long Responses5xx { get; set; }

    /// <summary>Messages and connections that could not be read as HTTP/1.x, or paired.</summary>
    public long Unparsed { get; set; }

    /// <summary>
    /// Of the requests those on connections that were joined or lost events, whose client was taken to wait for each response.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Assumed { get; set; }

    /// <summary>Of the assumed ones those that a later message contradicted. They stay counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Refuted { get; set; }

    /// <summary>Requests whose connection ended before a response began. Not among the requests.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Unanswered { get; set; }

    /// <summary>Requests whose connection ended within the response. Not among the requests.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Incomplete { get; set; }

    /// <summary>
    /// Requests, complete or not, that a rule with <c>count: false</c> keeps out of all other counts. Null if there are none.
    /// </summary>
    public IReadOnlyList<TaskExclusion>? Excluded { get; set; }

    /// <summary>Null unless the task reads TLS.</summary>
    public TaskTlsCounts? Tls { get; set; }

    public long Sampled { get; set; }

    /// <summary>Events lost between kernel and agent.</summary>
    public long DroppedEvents { get; set; }

    /// <summary>Samples over a limit.</summary>
    public long DroppedSamples { get; set; }

    public long RequestBytes { get; set; }

    public long ResponseBytes { get; set; }
}

/// <summary>What one rule keeps out of counts.</summary>
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

/// <summary>Quantiles within about 3 %; the longest exactly. Microseconds.</summary>
public sealed record TaskDurations
{
    public long P50 { get; set; }

    public long P90 { get; set; }

    public long P99 { get; set; }

    public long Max { get; set; }
}

/// <summary>Each at most topN.</summary>
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
    /// <summary>Names the sample's content at its node's agent.</summary>
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

    /// <summary>Masked, and cut after 256 characters.</summary>
    public string Uri { get; set; } = "";

    public int Status { get; set; }

    public long DurationMicroseconds { get; set; }

    /// <summary>When it began; microseconds, so that the most recent of many nodes are told apart.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset Time { get; set; }

    public string? NodeName { get; set; }

    public string? PodName { get; set; }

    public string? ContainerName { get; set; }

    public string? Peer { get; set; }
}

/// <summary>Which end measured.</summary>
public enum TaskPeerRole
{
    Server,
    Client,
}

/// <summary>One end of an edge.</summary>
public sealed record TaskPeerEnd
{
    public TaskPeerKind Kind { get; set; }

    /// <summary>Null where the kind has none.</summary>
    public string? Namespace { get; set; }

    /// <summary>A workload as <c>Deployment/cart</c>, a service's or process' name, or an address.</summary>
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

/// <summary>What was counted between one end of a target's connections and the other: an edge of the topology.</summary>
public abstract record PeerCounts
{
    public TaskPeerRole Role { get; set; }

    public TaskPeerEnd Local { get; set; } = new();

    public TaskPeerEnd Remote { get; set; } = new();

    public long Requests { get; set; }

    /// <summary>The number of requests that were answered with 4xx or 5xx.</summary>
    public long Errors { get; set; }

    /// <summary>Requests whose connection ended before their response was whole. Not among the requests.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Unfinished { get; set; }

    public long RequestBytes { get; set; }

    public long ResponseBytes { get; set; }

    /// <summary>The smoothed round-trip time, in microseconds. Null if it is not known.</summary>
    public long? RoundTripMicroseconds { get; set; }

    public long Retransmissions { get; set; }
}

/// <summary>An edge of the topology, over all nodes.</summary>
public sealed record TaskPeer : PeerCounts
{
    public long P50Microseconds { get; set; }

    public long P99Microseconds { get; set; }
}
