using Microsoft.Extensions.Logging;
using NetProfiler.Api.Exporters;
using NetProfiler.Capture;
using NetProfiler.Cli;
using NetProfiler.Node.Settings;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Cluster;

/// <summary>What the command line of <c>netprofiler node</c> says.</summary>
/// <param name="NodeName">Of the node, and of its configuration.</param>
/// <param name="Namespace">Null: that of the kubeconfig's context, or of the pod.</param>
internal sealed record AgentSettings(string NodeName, string? Namespace, ClusterChoice Cluster)
{
    public ListenAddress Listen { get; init; }

    /// <summary>The node's /proc.</summary>
    public string HostProc { get; init; } = "/proc";

    /// <summary>The node's control groups.</summary>
    public string HostCgroup { get; init; } = "/sys/fs/cgroup";

    /// <summary>Whether the labels of series name pods.</summary>
    public bool NamesPods { get; init; } = true;

    /// <summary>Watch the cluster's pods and services, to name addresses.</summary>
    public bool ResolvePeers { get; init; } = true;

    /// <summary>Where the samples of tasks go that name one of them.</summary>
    public NamedExporters Exporters { get; init; } = NamedExporters.None;

    /// <summary>Where the samples of tasks go that name no exporter.</summary>
    public SampleSettings Collectors { get; init; } = SampleSettings.Nowhere;

    public CaptureOptions Capture { get; init; } = new();

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
