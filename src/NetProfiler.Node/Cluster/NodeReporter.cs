using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Reports the tasks when their states change, and once per period. Keeps the samples that a report lists. Reconcile loop only.
/// </summary>
internal sealed class NodeReporter(
    NodeConfigWatch configs, CaptureCoordinator capture, NodeStatusBuilder builder, NodeStatusWriter writer, SampleStore samples,
    TimeProvider time)
{
    private DateTimeOffset _nextReport;
    private string _reportedStates = "";

    /// <summary>Reports if a state has changed or the period is over, and the node has a configuration.</summary>
    public async Task ReportIfDueAsync(NodeTasks tasks)
    {
        if (configs.Current is not null && (StatesHaveChanged(tasks) || time.GetUtcNow() >= _nextReport))
            await ReportAsync(tasks, isStopping: false).ConfigureAwait(false);
    }

    /// <param name="isStopping">Whether the agent stops, and tasks that capture are pending until the next one starts.</param>
    public async Task ReportAsync(NodeTasks tasks, bool isStopping)
    {
        if (configs.Current is not { } config) return;
        // Randomized, so that nodes do not write at the same moment.
        _nextReport = time.GetUtcNow() + TimeSpan.FromSeconds(config.Spec.Reporting.PeriodSeconds) * (0.9
            + 0.2 * Random.Shared.NextDouble());

        await TakeAsync(tasks, isStopping).ConfigureAwait(false);
        writer.Offer(new NodeProfilingConfig
        {
            Metadata = new() { Name = configs.Node.Name, NamespaceProperty = configs.Node.Namespace, Uid = config.Metadata.Uid },
            Status = builder.StatusOf(config, configs.Node.Agent, [.. tasks.All.Select(task => task.Reported!)], capture.Fault),
        });
    }

    /// <summary>Updates the report of every task without writing it.</summary>
    public async Task TakeAsync(NodeTasks tasks, bool isStopping)
    {
        long stored = samples.Position;
        var snapshot = await capture.TakeAsync(tasks).ConfigureAwait(false);
        int count = tasks.All.Count;
        tasks.Update(task => task with { Reported = builder.ReportOf(task, snapshot, count, isStopping) });
        foreach (var task in tasks.All) samples.Keep(task.Name, Listed(task.Reported!).ToHashSet(), stored);
    }

    /// <summary>Drops the samples of tasks that are not among these.</summary>
    public void DropSamplesOfOthers(NodeTasks tasks) =>
        samples.Retain(tasks.All.Where(task => task.Plan is not null).Select(task => task.Name).ToHashSet());

    private bool StatesHaveChanged(NodeTasks tasks)
    {
        string states = string.Join('\n', tasks.All
            .Select(task => $"{task.Uid} {task.Share.Generation} {task.Condition} {task.TlsFault} {task.Exporting?.FailingSince} "
                + $"{task.Containers.Count} {task.Captured.Count}")
            .Append(capture.Fault)
            .Append($"{configs.Current?.Metadata.Generation}"));
        bool haveChanged = states != _reportedStates;
        _reportedStates = states;
        return haveChanged;
    }

    private static IEnumerable<string> Listed(NodeTaskStatus report) =>
        report.TopTraces.Slow.Concat(report.TopTraces.ClientErrors).Concat(report.TopTraces.ServerErrors).Select(trace => trace.SampleId);
}
