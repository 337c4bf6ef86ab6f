using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Loops;
using NetProfiler.Telemetry;

namespace NetProfiler.Operator.Hosting;

/// <summary>Metrics of each task from the leading replica: computed from the caches at each scrape, not counted.</summary>
internal sealed class OperatorMetrics(ClusterCaches caches)
{
    /// <summary>
    /// Maximum number of tasks with series of their own (about twenty each): the first by namespace and name. Further ones are counted.
    /// </summary>
    private const int MaxTasks = 1000;

    private static readonly string[] ConditionTypes =
    [
        ConditionType.Accepted, ConditionType.TargetsFound, ConditionType.Programmed, ConditionType.Capturing, ConditionType.Degraded,
        ConditionType.Suspended, ConditionType.Complete, ConditionType.Failed,
    ];

    private static readonly bool[] Both = [true, false];

    public IReadOnlyList<MetricFamily> Collect()
    {
        var all = caches.Tasks.List();
        NetworkProfilingTask[] tasks =
        [
            .. all.OrderBy(task => task.Metadata.NamespaceProperty, StringComparer.Ordinal)
                .ThenBy(task => task.Metadata.Name, StringComparer.Ordinal).Take(MaxTasks),
        ];

        return
        [
            Gauges("netprofiler_task_info", "1 for each task.", null,
                tasks.Select(task => (LabelsOf(task).With("uid", task.Metadata.Uid ?? ""), 1.0))),
            Gauges("netprofiler_task_status_condition", "1 for the current status of each condition of a task.", null,
                tasks.SelectMany(ConditionsOf)),
            Gauges("netprofiler_task_nodes", "Number of nodes of a task, by state.", null, tasks.SelectMany(NodesOf)),
            Gauges("netprofiler_task_start_timestamp_seconds",
                "Time at which a task started or was resumed, as a Unix timestamp in seconds.", "seconds",
                tasks.SelectMany(task => TimeOf(task, task.Status?.StartTime))),
            Gauges("netprofiler_task_deadline_timestamp_seconds", "Deadline of a task, as a Unix timestamp in seconds.", "seconds",
                tasks.SelectMany(task => TimeOf(task, task.Status?.DeadlineTime))),
            Gauges("netprofiler_tasks_not_shown", "Number of tasks without series of their own because the limit was reached.", null,
                [(LabelSet.Empty, all.Count - tasks.Length)]),
        ];
    }

    private static MetricFamily Gauges(string name, string help, string? unit, IEnumerable<(LabelSet Labels, double Value)> series) =>
        new(name, MetricType.Gauge, help, unit, [.. series.Select(one => new GaugeSeries(one.Labels, one.Value))]);

    private static LabelSet LabelsOf(NetworkProfilingTask task) =>
        LabelSet.Of(("namespace", task.Metadata.NamespaceProperty ?? ""), ("name", task.Metadata.Name));

    private static IEnumerable<(LabelSet, double)> ConditionsOf(NetworkProfilingTask task) =>
        from type in ConditionTypes
        let condition = Conditions.Find(task.Status?.Conditions, type)
        where condition is not null
        from isTrue in Both
        select (LabelsOf(task).With("condition", type).With("status", isTrue ? "true" : "false"),
            condition.Status == "True" == isTrue ? 1.0 : 0.0);

    private static IEnumerable<(LabelSet, double)> NodesOf(NetworkProfilingTask task)
    {
        if (task.Status?.Nodes is not { } nodes) yield break;
        var labels = LabelsOf(task);
        yield return (labels.With("state", "desired"), nodes.Desired);
        yield return (labels.With("state", "configured"), nodes.Configured);
        yield return (labels.With("state", "capturing"), nodes.Capturing);
        yield return (labels.With("state", "failed"), nodes.Failed);
        yield return (labels.With("state", "unreachable"), nodes.Unreachable);
    }

    private static IEnumerable<(LabelSet, double)> TimeOf(NetworkProfilingTask task, DateTimeOffset? time)
    {
        if (time is { } known) yield return (LabelsOf(task), known.ToUnixTimeSeconds());
    }
}
