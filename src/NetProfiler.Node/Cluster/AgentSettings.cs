using Microsoft.Extensions.Logging;
using NetProfiler.Api.Exporters;
using NetProfiler.Capture;
using NetProfiler.Cli;
using NetProfiler.Node.Settings;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Cluster;

/// <summary>The options of <c>netprofiler node</c>.</summary>
/// <param name="NodeName">Name of the node and of its configuration.</param>
/// <param name="Namespace">Null for the namespace of the kubeconfig's context, or of the pod.</param>
internal sealed record AgentSettings(string NodeName, string? Namespace, ClusterChoice Cluster)
{
    public ListenAddress Listen { get; init; }

    /// <summary>Path of the node's /proc.</summary>
    public string HostProc { get; init; } = "/proc";

    /// <summary>Path of the node's control groups.</summary>
    public string HostCgroup { get; init; } = "/sys/fs/cgroup";

    /// <summary>Whether the labels of series name pods.</summary>
    public bool NamesPods { get; init; } = true;

    /// <summary>Whether to watch the cluster's pods and services, to resolve addresses.</summary>
    public bool ResolvePeers { get; init; } = true;

    /// <summary>The exporters that tasks can select by name.</summary>
    public NamedExporters Exporters { get; init; } = NamedExporters.None;

    /// <summary>The collectors for samples of tasks that do not select an exporter.</summary>
    public SampleSettings Collectors { get; init; } = SampleSettings.Nowhere;

    public CaptureOptions Capture { get; init; } = new();

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
