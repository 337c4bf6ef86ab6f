using Microsoft.Extensions.Logging;
using NetProfiler.Api.Exporters;
using NetProfiler.Cli;
using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Places;
using NetProfiler.Telemetry;

namespace NetProfiler.Operator.Hosting;

/// <summary>The options of the command line.</summary>
internal sealed record OperatorOptions
{
    /// <summary>Null for the namespace of the kubeconfig's context, or of the pod.</summary>
    public string? Namespace { get; init; }

    public ClusterChoice Cluster { get; init; } = new();

    public bool LeaderElect { get; init; } = true;

    public TimeSpan LeaseDuration { get; init; }

    public TimeSpan RenewDeadline { get; init; }

    public TimeSpan RetryPeriod { get; init; }

    public ListenAddress MetricsListen { get; init; }

    public ListenAddress HealthListen { get; init; }

    /// <summary>Number of writes per second.</summary>
    public int WriteRate { get; init; }

    /// <summary>The exporters that tasks can select by name.</summary>
    public NamedExporters Exporters { get; init; } = NamedExporters.None;

    /// <summary>Maximum number of tasks that capture on one node at the same time.</summary>
    public int TasksPerNode { get; init; } = NodeLimits.DefaultCapturingTasks;

    public ClusterLimits Limits { get; init; } = ClusterLimits.None;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
