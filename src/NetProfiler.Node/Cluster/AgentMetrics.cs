using NetProfiler.Analysis.Metrics;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Node.Metrics;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Cluster;

/// <summary>What an agent tells: of exchanges, of its tasks' targets, and of itself.</summary>
internal sealed class AgentMetrics(AgentLoop loop, ProfilerMetrics profiler, AgentCore core, MetricsRegistry registry)
{
    public async ValueTask<IReadOnlyList<MetricFamily>> CollectAsync(CancellationToken cancellation) =>
        [.. await loop.AskAsync(profiler.Collect, cancellation).ConfigureAwait(false), Targets(), .. RegisteredFamilies.Of(registry)];

    private MetricFamily Targets() => new("netprofiler_task_target_info", MetricType.Gauge, "A container that a task captures.", null,
    [
        .. core.Targets.Where(target => target.IsCaptured).DistinctBy(target => (target.TaskNamespace, target.TaskName, target.Container.Id)).Select(target => new GaugeSeries(LabelSet.Of(
        [
            ("task_namespace", target.TaskNamespace),
            ("task_name", target.TaskName),
            .. PeerLabels.Of(target.Container),
            ("container_id", target.Container.Id),
        ]), 1)),
    ]);
}
