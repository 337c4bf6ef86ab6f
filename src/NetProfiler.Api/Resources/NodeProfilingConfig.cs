using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace NetProfiler.Api.Resources;

/// <summary>
/// What the agent of one node is to do, and what it did: named like the node, in the operator's namespace. The operator alone writes the
/// specification, the node's agent alone the status. Exists only while a task has a container on the node.
/// </summary>
[KubernetesEntity(Group = NetworkProfilingTask.Group, ApiVersion = NetworkProfilingTask.Version, Kind = Kind, PluralName = Plural)]
public sealed record NodeProfilingConfig : IKubernetesObject<V1ObjectMeta>, ISpec<NodeProfilingConfigSpec>,
    IStatus<NodeProfilingConfigStatus?>
{
    public const string Kind = "NodeProfilingConfig";
    public const string Plural = "nodeprofilingconfigs";

    public V1ObjectMeta Metadata { get; set; } = new();

    public NodeProfilingConfigSpec Spec { get; set; } = new();

    /// <summary>Null: the agent has not answered yet.</summary>
    public NodeProfilingConfigStatus? Status { get; set; }

    string IKubernetesObject.ApiVersion { get => NetworkProfilingTask.ApiVersion; set { } }

    string IKubernetesObject.Kind { get => Kind; set { } }
}

public sealed record NodeProfilingConfigSpec
{
    public NodeReporting Reporting { get; set; } = new();

    /// <summary>By uid.</summary>
    public IReadOnlyList<NodeTask> Tasks { get; set; } = [];
}

public sealed record NodeReporting
{
    /// <summary>Results are written this often; a change of state at once.</summary>
    public int PeriodSeconds { get; set; } = 10;
}

/// <summary>One task's share of a node.</summary>
public sealed record NodeTask
{
    [JsonPropertyName("uid")]
    public string Uid { get; set; } = "";

    public string Namespace { get; set; } = "";

    public string Name { get; set; } = "";

    public long Generation { get; set; }

    /// <summary>The agent stops capturing then by its own clock, whatever becomes of the operator.</summary>
    public DateTimeOffset NotAfter { get; set; }

    /// <summary>And also after this long, for clocks that differ.</summary>
    public int MaxDurationSeconds { get; set; }

    public TaskDirection Direction { get; set; }

    public TaskPairing Pairing { get; set; }

    public TaskSampling Sampling { get; set; } = new();

    public TaskRedaction Redaction { get; set; } = new();

    public TaskMetrics Metrics { get; set; } = new();

    public TaskTls Tls { get; set; } = new();

    public ExporterReference? ExportRef { get; set; }

    /// <summary>By container id.</summary>
    public IReadOnlyList<NodeTarget> Targets { get; set; } = [];
}

/// <summary>One running container.</summary>
public sealed record NodeTarget
{
    public string PodName { get; set; } = "";

    [JsonPropertyName("podUID")]
    public string PodUid { get; set; } = "";

    /// <summary>The workload that owns the pod, such as <c>Deployment/cart</c>; null for a pod of its own.</summary>
    public string? Workload { get; set; }

    public string ContainerName { get; set; } = "";

    /// <summary>As the kubelet tells it: <c>containerd://…</c>.</summary>
    [JsonPropertyName("containerID")]
    public string ContainerId { get; set; } = "";
}

public sealed record NodeProfilingConfigStatus
{
    public long ObservedGeneration { get; set; }

    public NodeAgent? Agent { get; set; }

    /// <summary>
    /// By the node's clock; renewed about every 20 s while a task is under way. Null: the agent has had none, or is of an earlier version.
    /// </summary>
    public DateTimeOffset? HeartbeatTime { get; set; }

    /// <summary>By type. <c>AgentReady</c>: the node can be profiled.</summary>
    public IReadOnlyList<V1Condition> Conditions { get; set; } = [];

    /// <summary>By uid.</summary>
    public IReadOnlyList<NodeTaskStatus> Tasks { get; set; } = [];
}

public sealed record NodeAgent
{
    public string Version { get; set; } = "";

    public string KernelRelease { get; set; } = "";
}

public sealed record NodeTaskStatus
{
    [JsonPropertyName("uid")]
    public string Uid { get; set; } = "";

    /// <summary>Of the task's share that this is about.</summary>
    public long Generation { get; set; }

    public NodeTaskState State { get; set; }

    /// <summary>One CamelCase word; null unless something is to be said.</summary>
    public string? Reason { get; set; }

    public string? Message { get; set; }

    /// <summary>Why TLS is not read on this node. Null if it is read, or not requested.</summary>
    public string? TlsFault { get; set; }

    /// <summary>Whether collectors take the task's samples. Null if they go to none.</summary>
    public NodeTaskExporting? Exporting { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public NodeTargetCounts Targets { get; set; } = new();

    public TaskCounts Counts { get; set; } = new();

    /// <summary>Base64 of <c>LatencySketch.Encode</c>: mergeable; at most 1 KiB.</summary>
    public string? DurationSketch { get; set; }

    public TaskTopTraces TopTraces { get; set; } = new();

    /// <summary>Those with the most requests.</summary>
    public IReadOnlyList<NodePeer> Peers { get; set; } = [];

    /// <summary>When counts, lists and peers were taken.</summary>
    public DateTimeOffset? ResultsTime { get; set; }

    /// <summary>When the agent did not capture although the task was running, by time: the latest eight.</summary>
    public IReadOnlyList<NodeTaskInterruption>? Interruptions { get; set; }

    /// <summary>Something was left out to stay within the object's bound.</summary>
    public bool? Truncated { get; set; }
}

/// <summary>Whether collectors take the samples of a task on a node. Everything is null while they do.</summary>
public sealed record NodeTaskExporting
{
    /// <summary>The first that does not, such as <c>oap/skywalking</c>.</summary>
    public string? Exporter { get; set; }

    public DateTimeOffset? FailingSince { get; set; }

    /// <summary>In the words of the collector or of the network.</summary>
    public string? Message { get; set; }
}

/// <summary>A time in which a node's agent did not capture a task's containers. What they did then is not known.</summary>
public sealed record NodeTaskInterruption
{
    /// <summary>When what had been counted was reported last.</summary>
    public DateTimeOffset From { get; set; }

    /// <summary>When capture went on; null: it has not.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary><c>AgentStopped</c>: as asked, after a last report. <c>AgentLost</c>: without one.</summary>
    public string Reason { get; set; } = "";
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
    public int Requested { get; set; }

    public int Attached { get; set; }

    public int Missing { get; set; }
}

/// <summary>An edge of the topology as one node reports it.</summary>
public sealed record NodePeer : PeerCounts
{
    /// <summary>Base64 of <c>LatencySketch.Encode</c>, coarse: at most 256 bytes.</summary>
    public string? DurationSketch { get; set; }
}
