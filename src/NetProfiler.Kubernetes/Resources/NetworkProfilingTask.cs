namespace NetProfiler.Kubernetes.Resources;

/// <summary>
/// The custom resource: what to profile, for how long, and what to keep of it. What is optional and has a default (see
/// <see cref="TaskDefaults"/>) is never null; null means something of its own, such as "keep for ever".
/// </summary>
public sealed record NetworkProfilingTask
{
    public const string Group = "netprofiler.dev";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Group + "/" + Version;
    public const string Kind = "NetworkProfilingTask";
    public const string Plural = "networkprofilingtasks";

    public V1ObjectMeta Metadata { get; init; } = new();

    public NetworkProfilingTaskSpec Spec { get; init; } = new();

    /// <summary>Null: the operator has not seen it yet.</summary>
    public NetworkProfilingTaskStatus? Status { get; init; }
}

public sealed record NetworkProfilingTaskSpec
{
    /// <summary>Whom to profile: pods of the task's own namespace that one of these means.</summary>
    public IReadOnlyList<TaskTarget> Targets { get; init; } = [];

    /// <summary>Only on nodes with these labels; empty: on all.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    public TaskDirection Direction { get; init; } = TaskDefaults.Direction;

    /// <summary>Counted from the start, not while suspended.</summary>
    public int ActiveDeadlineSeconds { get; init; } = TaskDefaults.ActiveDeadlineSeconds;

    /// <summary>Null: keep the finished task for ever.</summary>
    public int? TtlSecondsAfterFinished { get; init; }

    public bool Suspend { get; init; } = TaskDefaults.Suspend;

    public TaskSampling Sampling { get; init; } = new();

    public TaskRedaction Redaction { get; init; } = new();

    public TaskMetrics Metrics { get; init; } = new();

    /// <summary>Null: samples go nowhere but into the task's status.</summary>
    public ExporterReference? ExportRef { get; init; }
}

/// <summary>Which ends of the targets' connections are profiled.</summary>
public enum TaskDirection
{
    Both,
    Server,
    Client,
}

/// <summary>Names an exporter that the cluster's administrator owns.</summary>
public sealed record ExporterReference
{
    public string Name { get; init; } = "";
}
