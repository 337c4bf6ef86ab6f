using k8s;
using k8s.Models;

namespace NetProfiler.Api.Resources;

/// <summary>
/// The custom resource: what to profile, for how long, and what to keep. An optional field with a default (see <see cref="TaskDefaults"/>)
/// is never null; where a field can be null, null has a meaning of its own, such as "keep forever".
/// </summary>
[KubernetesEntity(Group = Group, ApiVersion = Version, Kind = Kind, PluralName = Plural)]
public sealed record NetworkProfilingTask : IKubernetesObject<V1ObjectMeta>, ISpec<NetworkProfilingTaskSpec>,
    IStatus<NetworkProfilingTaskStatus?>
{
    public const string Group = "netprofiler.dev";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Group + "/" + Version;
    public const string Kind = "NetworkProfilingTask";
    public const string Plural = "networkprofilingtasks";

    public V1ObjectMeta Metadata { get; set; } = new();

    public NetworkProfilingTaskSpec Spec { get; set; } = new();

    /// <summary>Null until the operator has processed the task.</summary>
    public NetworkProfilingTaskStatus? Status { get; set; }

    // Implied by the type; the server omits them in lists.
    string IKubernetesObject.ApiVersion { get => ApiVersion; set { } }

    string IKubernetesObject.Kind { get => Kind; set { } }
}

public sealed record NetworkProfilingTaskSpec
{
    /// <summary>What to profile: pods in the task's own namespace that match one of these.</summary>
    public IReadOnlyList<TaskTarget> Targets { get; set; } = [];

    /// <summary>Restricts the task to nodes with these labels; empty for all nodes.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; set; } = new Dictionary<string, string>();

    public TaskDirection Direction { get; set; } = TaskDefaults.Direction;

    public TaskPairing Pairing { get; set; } = TaskDefaults.Pairing;

    /// <summary>Counted from the start, excluding suspensions.</summary>
    public int ActiveDeadlineSeconds { get; set; } = TaskDefaults.ActiveDeadlineSeconds;

    /// <summary>Null to keep the finished task forever.</summary>
    public int? TtlSecondsAfterFinished { get; set; }

    public bool Suspend { get; set; } = TaskDefaults.Suspend;

    public TaskSampling Sampling { get; set; } = new();

    public TaskRedaction Redaction { get; set; } = new();

    public TaskMetrics Metrics { get; set; } = new();

    public TaskTls Tls { get; set; } = new();

    /// <summary>
    /// Null to send samples to the exporters of the agent's own options, if any; the task's status is updated in any case.
    /// </summary>
    public ExporterReference? ExportRef { get; set; }
}

/// <summary>Which ends of the targets' connections are profiled.</summary>
public enum TaskDirection
{
    Both,
    Server,
    Client,
}

/// <summary>The required certainty that a response answers its request.</summary>
public enum TaskPairing
{
    /// <summary>Also exchanges whose client is assumed to wait for each response, after data was lost.</summary>
    Any,

    /// <summary>Proven exchanges only.</summary>
    Proven,
}

/// <summary>A reference to an exporter of the cluster's administrator.</summary>
public sealed record ExporterReference
{
    public string Name { get; set; } = "";
}
