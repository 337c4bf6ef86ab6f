using NetProfiler.Analysis.Metrics;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Node.Metrics;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Cluster;

/// <summary>The metric families of an agent: traffic, and its tasks' targets.</summary>
internal sealed class AgentMetrics
{
    private readonly AgentLoop _loop;
    private readonly ProfilerMetrics _profiler;
    private readonly ReconcileLoop _reconcile;
    private readonly MetricsRegistry _registry;

    public AgentMetrics(AgentLoop loop, ProfilerMetrics profiler, ReconcileLoop reconcile, CaptureCoordinator capture, AgentSurroundings surroundings, MetricsRegistry registry)
    {
        (_loop, _profiler, _reconcile, _registry) = (loop, profiler, reconcile, registry);
        registry.Gauge("netprofiler_agent_capturing", "1: the kernel side is attached.").Observe(() => capture.IsCapturing ? 1 : 0);
        registry.Gauge("netprofiler_agent_addresses", "Addresses of pods and services that are known.").Observe(() => surroundings.Directory.Addresses);
        registry.Gauge("netprofiler_agent_cgroups_cut", "1: the node has more control groups than are looked at.").Observe(() => surroundings.Cgroups.IsCut ? 1 : 0);
        var targets = registry.Gauge("netprofiler_agent_targets", "Containers of tasks, by whether they are captured.", null, "state");
        targets.Observe(() => reconcile.Targets.Count(target => target.IsCaptured), "attached");
        targets.Observe(() => reconcile.Targets.Count(target => !target.IsCaptured), "missing");
    }

    public async ValueTask<IReadOnlyList<MetricFamily>> CollectAsync(CancellationToken cancellationToken) =>
        [.. await _loop.AskAsync(_profiler.Collect, cancellationToken).ConfigureAwait(false), Targets(), .. RegisteredFamilies.Of(_registry)];

    private MetricFamily Targets() => new("netprofiler_task_target_info", MetricType.Gauge, "A container that a task captures.", null,
    [
        .. _reconcile.Targets.Where(target => target.IsCaptured).DistinctBy(target => (target.TaskNamespace, target.TaskName, target.Container.Id)).Select(target => new GaugeSeries(LabelSet.Of(
        [
            ("task_namespace", target.TaskNamespace),
            ("task_name", target.TaskName),
            .. PeerLabels.Of(target.Container),
            ("container_id", target.Container.Id),
        ]), 1)),
    ]);
}

/// <summary>What the agent knows of its node and cluster.</summary>
internal sealed record AgentSurroundings(NodeDirectory Directory, ContainerCgroups Cgroups);
