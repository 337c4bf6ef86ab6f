using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Resources;

/// <summary>
/// What the agent of one node is to do, and what it did: named like the node, in the operator's namespace. The operator alone writes the
/// specification, the node's agent alone the status. Exists only while a task has a container on the node.
/// </summary>
public sealed record NodeProfilingConfig
{
    public const string Kind = "NodeProfilingConfig";
    public const string Plural = "nodeprofilingconfigs";

    public V1ObjectMeta Metadata { get; init; } = new();

    public NodeProfilingConfigSpec Spec { get; init; } = new();

    /// <summary>Null: the agent has not answered yet.</summary>
    public NodeProfilingConfigStatus? Status { get; init; }
}

public sealed record NodeProfilingConfigSpec
{
    public NodeReporting Reporting { get; init; } = new();

    /// <summary>By uid.</summary>
    public IReadOnlyList<NodeTask> Tasks { get; init; } = [];
}

public sealed record NodeReporting
{
    /// <summary>Results are written this often; a change of state at once.</summary>
    public int PeriodSeconds { get; init; } = 10;
}

/// <summary>One task's share of a node.</summary>
public sealed record NodeTask
{
    [JsonPropertyName("uid")]
    public string Uid { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    public long Generation { get; init; }

    /// <summary>The agent stops capturing then by its own clock, whatever becomes of the operator.</summary>
    public DateTimeOffset NotAfter { get; init; }

    /// <summary>And also after this long, for clocks that differ.</summary>
    public int MaxDurationSeconds { get; init; }

    public TaskDirection Direction { get; init; }

    public TaskSampling Sampling { get; init; } = new();

    public TaskRedaction Redaction { get; init; } = new();

    public TaskMetrics Metrics { get; init; } = new();

    public ExporterReference? ExportRef { get; init; }

    /// <summary>By container id.</summary>
    public IReadOnlyList<NodeTarget> Targets { get; init; } = [];
}

/// <summary>One running container.</summary>
public sealed record NodeTarget
{
    public string PodName { get; init; } = "";

    [JsonPropertyName("podUID")]
    public string PodUid { get; init; } = "";

    /// <summary>The workload that owns the pod, such as <c>Deployment/cart</c>; null for a pod of its own.</summary>
    public string? Workload { get; init; }

    public string ContainerName { get; init; } = "";

    /// <summary>As the kubelet tells it: <c>containerd://…</c>.</summary>
    [JsonPropertyName("containerID")]
    public string ContainerId { get; init; } = "";
}

public sealed record NodeProfilingConfigStatus
{
    public long ObservedGeneration { get; init; }

    public NodeAgent? Agent { get; init; }

    /// <summary>By type. <c>AgentReady</c>: the node can be profiled.</summary>
    public IReadOnlyList<V1Condition> Conditions { get; init; } = [];

    /// <summary>By uid.</summary>
    public IReadOnlyList<NodeTaskStatus> Tasks { get; init; } = [];
}

public sealed record NodeAgent
{
    public string Version { get; init; } = "";

    public string KernelRelease { get; init; } = "";
}

public sealed record NodeTaskStatus
{
    [JsonPropertyName("uid")]
    public string Uid { get; init; } = "";

    /// <summary>Of the task's share that this is about.</summary>
    public long Generation { get; init; }

    public NodeTaskState State { get; init; }

    /// <summary>One CamelCase word; null unless something is to be said.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public NodeTargetCounts Targets { get; init; } = new();

    public TaskCounts Counts { get; init; } = new();

    /// <summary>Base64 of <c>LatencySketch.Encode</c>: mergeable; at most 1 KiB.</summary>
    public string? DurationSketch { get; init; }

    public TaskTopTraces TopTraces { get; init; } = new();

    /// <summary>Those with the most requests.</summary>
    public IReadOnlyList<NodePeer> Peers { get; init; } = [];

    /// <summary>When counts, lists and peers were taken.</summary>
    public DateTimeOffset? ResultsTime { get; init; }

    /// <summary>Something was left out to stay within the object's bound.</summary>
    public bool? Truncated { get; init; }
}

public enum NodeTaskState
{
    Pending,
    Attaching,
    Capturing,
    Finished,
    Failed,
}

/// <summary>Containers of a task on a node.</summary>
public sealed record NodeTargetCounts
{
    public int Requested { get; init; }

    public int Attached { get; init; }

    public int Missing { get; init; }
}

/// <summary>One end of a connection of a target, and the other: an edge of the topology as a node saw it.</summary>
public sealed record NodePeer
{
    public TaskPeerRole Role { get; init; }

    public TaskPeerEnd Local { get; init; } = new();

    public TaskPeerEnd Remote { get; init; } = new();

    public long Requests { get; init; }

    /// <summary>Of them, those answered with 4xx or 5xx.</summary>
    public long Errors { get; init; }

    public long RequestBytes { get; init; }

    public long ResponseBytes { get; init; }

    /// <summary>Base64 of <c>LatencySketch.Encode</c>, coarse: at most 256 bytes.</summary>
    public string? DurationSketch { get; init; }

    /// <summary>Smoothed, the latest; null where it is not known.</summary>
    public long? RoundTripMicroseconds { get; init; }

    public long Retransmissions { get; init; }
}
