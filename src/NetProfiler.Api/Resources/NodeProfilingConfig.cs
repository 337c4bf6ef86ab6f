using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace NetProfiler.Api.Resources;

/// <summary>
/// The configuration and the results of one node's agent: named like the node, in the operator's namespace. Only the operator writes the
/// specification, and only the node's agent the status. Exists only while a task has results or a container on the node.
/// </summary>
[KubernetesEntity(Group = NetworkProfilingTask.Group, ApiVersion = NetworkProfilingTask.Version, Kind = Kind, PluralName = Plural)]
public sealed record NodeProfilingConfig : IKubernetesObject<V1ObjectMeta>, ISpec<NodeProfilingConfigSpec>,
    IStatus<NodeProfilingConfigStatus?>
{
    public const string Kind = "NodeProfilingConfig";
    public const string Plural = "nodeprofilingconfigs";

    public V1ObjectMeta Metadata { get; set; } = new();

    public NodeProfilingConfigSpec Spec { get; set; } = new();

    /// <summary>Null until the agent has reported.</summary>
    public NodeProfilingConfigStatus? Status { get; set; }

    string IKubernetesObject.ApiVersion { get => NetworkProfilingTask.ApiVersion; set { } }

    string IKubernetesObject.Kind { get => Kind; set { } }
}

public sealed record NodeProfilingConfigSpec
{
    public NodeReporting Reporting { get; set; } = new();

    /// <summary>Sorted by uid.</summary>
    public IReadOnlyList<NodeTask> Tasks { get; set; } = [];
}

public sealed record NodeReporting
{
    /// <summary>Period for writing results, in seconds; a change of state is written at once.</summary>
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

    /// <summary>When the agent stops capturing by its own clock, even without the operator.</summary>
    public DateTimeOffset NotAfter { get; set; }

    /// <summary>Maximum duration of the capture in seconds, in addition to <see cref="NotAfter"/>, because clocks may differ.</summary>
    public int MaxDurationSeconds { get; set; }

    public TaskDirection Direction { get; set; }

    public TaskPairing Pairing { get; set; }

    public TaskSampling Sampling { get; set; } = new();

    public TaskRedaction Redaction { get; set; } = new();

    public TaskMetrics Metrics { get; set; } = new();

    public TaskTls Tls { get; set; } = new();

    public ExporterReference? ExportRef { get; set; }

    /// <summary>Sorted by container id.</summary>
    public IReadOnlyList<NodeTarget> Targets { get; set; } = [];
}

/// <summary>One running container.</summary>
public sealed record NodeTarget
{
    public string PodName { get; set; } = "";

    [JsonPropertyName("podUID")]
    public string PodUid { get; set; } = "";

    /// <summary>The workload that owns the pod, such as <c>Deployment/cart</c>. Null for a pod without an owner.</summary>
    public string? Workload { get; set; }

    public string ContainerName { get; set; } = "";

    /// <summary>As set by the kubelet: <c>containerd://…</c>.</summary>
    [JsonPropertyName("containerID")]
    public string ContainerId { get; set; } = "";
}

public sealed record NodeProfilingConfigStatus
{
    public long ObservedGeneration { get; set; }

    public NodeAgent? Agent { get; set; }

    /// <summary>
    /// By the node's clock; renewed about every 20 s while a task is running. Null if the agent has had no task, or has an earlier version.
    /// </summary>
    public DateTimeOffset? HeartbeatTime { get; set; }

    /// <summary>Sorted by type. <c>AgentReady</c>: the node can be profiled.</summary>
    public IReadOnlyList<V1Condition> Conditions { get; set; } = [];

    /// <summary>Sorted by uid.</summary>
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

    /// <summary>Generation of the task's share that this status is about.</summary>
    public long Generation { get; set; }

    public NodeTaskState State { get; set; }

    /// <summary>One CamelCase word. Null if there is nothing to explain.</summary>
    public string? Reason { get; set; }

    public string? Message { get; set; }

    /// <summary>Why TLS is not read on this node. Null if it is read, or not requested.</summary>
    public string? TlsFault { get; set; }

    /// <summary>Whether collectors take the task's samples. Null if they go to none.</summary>
    public NodeTaskExporting? Exporting { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public NodeTargetCounts Targets { get; set; } = new();

    public TaskCounts Counts { get; set; } = new();

    /// <summary>Base64 of <c>LatencySketch.Encode</c>, which can be merged; at most 1 KiB.</summary>
    public string? DurationSketch { get; set; }

    public TaskTopTraces TopTraces { get; set; } = new();

    /// <summary>The peers with the most requests.</summary>
    public IReadOnlyList<NodePeer> Peers { get; set; } = [];

    /// <summary>Time of the counts, lists and peers.</summary>
    public DateTimeOffset? ResultsTime { get; set; }

    /// <summary>Periods in which the agent did not capture although the task was running, sorted by time: the latest eight.</summary>
    public IReadOnlyList<NodeTaskInterruption>? Interruptions { get; set; }

    /// <summary>Whether something was left out because of the size limit of the object.</summary>
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

/// <summary>A period in which a node's agent did not capture a task's containers. What they did is unknown.</summary>
public sealed record NodeTaskInterruption
{
    /// <summary>Time of the last report before the interruption.</summary>
    public DateTimeOffset From { get; set; }

    /// <summary>When capture resumed. Null if it has not.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary><c>AgentStopped</c>: an orderly stop, after a last report. <c>AgentLost</c>: without one.</summary>
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

/// <summary>Number of containers of a task on a node.</summary>
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
