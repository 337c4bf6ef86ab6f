using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Resources;

/// <summary>What became of a task. The operator alone writes it.</summary>
public sealed record NetworkProfilingTaskStatus
{
    public long? ObservedGeneration { get; init; }

    /// <summary>For people; programs read the conditions.</summary>
    public TaskPhase? Phase { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    public DateTimeOffset? DeadlineTime { get; init; }

    /// <summary>Running time used up before the latest suspension; null: it was never suspended.</summary>
    public int? ElapsedSeconds { get; init; }

    public TaskTargetCounts? Targets { get; init; }

    public TaskNodeCounts? Nodes { get; init; }

    /// <summary>By node name; the first ten.</summary>
    public IReadOnlyList<TaskNodeFailure>? NodeFailures { get; init; }

    public TaskSummary? Summary { get; init; }

    public TaskTopTraces? TopTraces { get; init; }

    /// <summary>Those with the most requests.</summary>
    public IReadOnlyList<TaskPeer>? Peers { get; init; }

    /// <summary>The latest of the nodes' results.</summary>
    public DateTimeOffset? ResultsTime { get; init; }

    /// <summary>Something was left out to stay within the object's bound.</summary>
    public bool? Truncated { get; init; }

    /// <summary>By type.</summary>
    public IReadOnlyList<V1Condition>? Conditions { get; init; }
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
    public int Pods { get; init; }

    public int Containers { get; init; }

    public int Nodes { get; init; }
}

/// <summary>Nodes with a target, by how far their agents are.</summary>
public sealed record TaskNodeCounts
{
    public int Desired { get; init; }

    /// <summary>Their agent knows this generation.</summary>
    public int Configured { get; init; }

    public int Capturing { get; init; }

    public int Failed { get; init; }

    /// <summary>The node or its agent is not ready.</summary>
    public int Unreachable { get; init; }
}

public sealed record TaskNodeFailure
{
    public string NodeName { get; init; } = "";

    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    public DateTimeOffset LastTransitionTime { get; init; }
}

/// <summary>What was counted, on one node or on all.</summary>
public record TaskCounts
{
    public long Requests { get; init; }

    public long Responses2xx { get; init; }

    public long Responses3xx { get; init; }

    public long Responses4xx { get; init; }

    public long Responses5xx { get; init; }

    /// <summary>Messages and connections that could not be read as HTTP/1.x, or paired.</summary>
    public long Unparsed { get; init; }

    public long Sampled { get; init; }

    /// <summary>Events lost between kernel and agent.</summary>
    public long DroppedEvents { get; init; }

    /// <summary>Samples over a limit.</summary>
    public long DroppedSamples { get; init; }

    public long RequestBytes { get; init; }

    public long ResponseBytes { get; init; }
}

public sealed record TaskSummary : TaskCounts
{
    public TaskDurations? DurationMicroseconds { get; init; }
}

/// <summary>Quantiles within about 3 %; the longest exactly. Microseconds.</summary>
public sealed record TaskDurations
{
    public long P50 { get; init; }

    public long P90 { get; init; }

    public long P99 { get; init; }

    public long Max { get; init; }
}

/// <summary>Each at most topN.</summary>
public sealed record TaskTopTraces
{
    /// <summary>Longest first.</summary>
    public IReadOnlyList<TaskTopTrace> Slow { get; init; } = [];

    /// <summary>Latest first.</summary>
    public IReadOnlyList<TaskTopTrace> ClientErrors { get; init; } = [];

    /// <summary>Latest first.</summary>
    public IReadOnlyList<TaskTopTrace> ServerErrors { get; init; } = [];
}

/// <summary>A sampled exchange, without its content.</summary>
public sealed record TaskTopTrace
{
    /// <summary>Names the sample's content at its node's agent.</summary>
    [JsonPropertyName("sampleID")]
    public string SampleId { get; init; } = "";

    [JsonPropertyName("traceID")]
    public string? TraceId { get; init; }

    [JsonPropertyName("spanID")]
    public string? SpanId { get; init; }

    /// <summary><c>w3c</c>, <c>sw8</c> or <c>b3</c>.</summary>
    public string? TraceSystem { get; init; }

    public string Rule { get; init; } = "";

    public TaskPeerRole Role { get; init; }

    public string Method { get; init; } = "";

    /// <summary>Masked, and cut after 256 characters.</summary>
    public string Uri { get; init; } = "";

    public int Status { get; init; }

    public long DurationMicroseconds { get; init; }

    public DateTimeOffset Time { get; init; }

    public string? NodeName { get; init; }

    public string? PodName { get; init; }

    public string? ContainerName { get; init; }

    public string? Peer { get; init; }
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
    public TaskPeerKind Kind { get; init; }

    /// <summary>Null where the kind has none.</summary>
    public string? Namespace { get; init; }

    /// <summary>A workload as <c>Deployment/cart</c>, a service's or process' name, or an address.</summary>
    public string Name { get; init; } = "";
}

public enum TaskPeerKind
{
    External,
    Process,
    Pod,
    Workload,
    Service,
}

/// <summary>An edge of the topology, over all nodes.</summary>
public sealed record TaskPeer
{
    public TaskPeerRole Role { get; init; }

    public TaskPeerEnd Local { get; init; } = new();

    public TaskPeerEnd Remote { get; init; } = new();

    public long Requests { get; init; }

    public long Errors { get; init; }

    public long RequestBytes { get; init; }

    public long ResponseBytes { get; init; }

    public long P50Microseconds { get; init; }

    public long P99Microseconds { get; init; }

    public long? RoundTripMicroseconds { get; init; }

    public long Retransmissions { get; init; }
}
