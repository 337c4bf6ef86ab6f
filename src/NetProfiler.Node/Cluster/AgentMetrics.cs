using NetProfiler.Analysis.Peers;
using NetProfiler.Kubernetes;
using NetProfiler.Node.Metrics;
using NetProfiler.Telemetry;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>The metric families of an agent: traffic, and its tasks' targets.</summary>
internal sealed class AgentMetrics
{
    private readonly AgentLoop _loop;
    private readonly ProfilerMetrics _profiler;
    private readonly ReconcileLoop _reconcile;

    public AgentMetrics(AgentLoop loop, ProfilerMetrics profiler, ReconcileLoop reconcile, CaptureCoordinator capture,
        AgentSurroundings surroundings, CollectorRegistry registry)
    {
        (_loop, _profiler, _reconcile) = (loop, profiler, reconcile);
        registry.Observe("netprofiler_agent_capturing", "1 if eBPF programs are attached, else 0.", () => capture.IsCapturing ? 1 : 0);
        registry.Observe("netprofiler_agent_addresses", "Number of pod and service addresses in the cache.",
            () => surroundings.Directory.Addresses);
        registry.Observe("netprofiler_agent_cgroups_cut", "1 if the node has more control groups than the agent scans, else 0.",
            () => surroundings.Cgroups.IsCut ? 1 : 0);
        var targets = registry.Gauge("netprofiler_agent_targets", "Number of targeted containers, by state.", "state");
        registry.Observe(targets.WithLabels("attached"), () => reconcile.Targets.Count(target => target.IsCaptured));
        registry.Observe(targets.WithLabels("missing"), () => reconcile.Targets.Count(target => !target.IsCaptured));
    }

    public async ValueTask<IReadOnlyList<MetricFamily>> CollectAsync(CancellationToken cancellationToken) =>
        [.. await _loop.AskAsync(_profiler.Collect, cancellationToken).ConfigureAwait(false), Targets()];

    private MetricFamily Targets() =>
        new("netprofiler_task_target_info", MetricType.Gauge, "1 for each container that a task captures.", null,
    [
        .. _reconcile.Targets.Where(target => target.IsCaptured)
            .DistinctBy(target => (target.TaskNamespace, target.TaskName, target.Container.Id))
            .Select(target => new GaugeSeries(LabelSet.Of(
        [
            ("task_namespace", target.TaskNamespace),
            ("task_name", target.TaskName),
            .. PeerLabels.Of(target.Container),
            ("container_id", target.Container.Id),
        ]), 1)),
    ]);
}

/// <summary>The agent's sources of information about its node and cluster.</summary>
internal sealed record AgentSurroundings(NodeDirectory Directory, ContainerCgroups Cgroups);
