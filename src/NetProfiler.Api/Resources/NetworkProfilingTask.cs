using k8s;
using k8s.Models;

namespace NetProfiler.Api.Resources;

/// <summary>
/// The custom resource: what to profile, for how long, and what to keep of it. What is optional and has a default (see
/// <see cref="TaskDefaults"/>) is never null; null means something of its own, such as "keep for ever".
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

    /// <summary>Null: the operator has not seen it yet.</summary>
    public NetworkProfilingTaskStatus? Status { get; set; }

    // The type says both; the server leaves them out of lists.
    string IKubernetesObject.ApiVersion { get => ApiVersion; set { } }

    string IKubernetesObject.Kind { get => Kind; set { } }
}

public sealed record NetworkProfilingTaskSpec
{
    /// <summary>Whom to profile: pods of the task's own namespace that one of these means.</summary>
    public IReadOnlyList<TaskTarget> Targets { get; set; } = [];

    /// <summary>Only on nodes with these labels; empty: on all.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; set; } = new Dictionary<string, string>();

    public TaskDirection Direction { get; set; } = TaskDefaults.Direction;

    public TaskPairing Pairing { get; set; } = TaskDefaults.Pairing;

    /// <summary>Counted from the start, not while suspended.</summary>
    public int ActiveDeadlineSeconds { get; set; } = TaskDefaults.ActiveDeadlineSeconds;

    /// <summary>Null: keep the finished task for ever.</summary>
    public int? TtlSecondsAfterFinished { get; set; }

    public bool Suspend { get; set; } = TaskDefaults.Suspend;

    public TaskSampling Sampling { get; set; } = new();

    public TaskRedaction Redaction { get; set; } = new();

    public TaskMetrics Metrics { get; set; } = new();

    public TaskTls Tls { get; set; } = new();

    /// <summary>Null: samples go where the agent's own flags say, or into the task's status alone.</summary>
    public ExporterReference? ExportRef { get; set; }
}

/// <summary>Which ends of the targets' connections are profiled.</summary>
public enum TaskDirection
{
    Both,
    Server,
    Client,
}

/// <summary>How sure it must be that a response answers its request.</summary>
public enum TaskPairing
{
    /// <summary>Also exchanges of clients that are assumed to wait for each response, after data was lost.</summary>
    Any,

    /// <summary>Proven exchanges only.</summary>
    Proven,
}

/// <summary>Names an exporter that the cluster's administrator owns.</summary>
public sealed record ExporterReference
{
    public string Name { get; set; } = "";
}
