using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;

namespace NetProfiler.Operator.Results;

/// <summary>The reports of all nodes combined; independent of their order.</summary>
internal sealed record TaskResults
{
    /// <summary>Same as the limit in the schema.</summary>
    private const int MaxInterruptions = 10;

    /// <summary>Null if no node has reported yet.</summary>
    public TaskSummary? Summary { get; private init; }

    public TaskTopTraces? TopTraces { get; private init; }

    public IReadOnlyList<TaskPeer>? Peers { get; private init; }

    public DateTimeOffset? ResultsTime { get; private init; }

    /// <summary>Sorted by time. Null if there were none.</summary>
    public IReadOnlyList<TaskInterruption>? Interruptions { get; private init; }

    /// <summary>Whether a node, or the merge, left something out.</summary>
    public bool Truncated { get; private init; }

    public static TaskResults Of(IReadOnlyList<NodeReport> reports, int topN)
    {
        var told = reports.Where(report => report.Task.ResultsTime is not null).ToList();
        if (told.Count == 0) return new();

        var peers = PeerMerge.OfNodes(told.SelectMany(report => report.Task.Peers), out bool peersLeftOut);
        return new()
        {
            Summary = SummaryOf(told),
            TopTraces = TopTraceMerge.Of(told, topN),
            Peers = peers,
            ResultsTime = told.Max(report => report.Task.ResultsTime),
            Interruptions = InterruptionsOf(told),
            Truncated = peersLeftOut || told.Exists(report => report.Task.Truncated == true),
        };
    }

    private static TaskInterruption[]? InterruptionsOf(List<NodeReport> reports)
    {
        TaskInterruption[] all =
        [
            .. reports
                .SelectMany(report => (report.Task.Interruptions ?? [])
                    .Select(one => new TaskInterruption { NodeName = report.NodeName, From = one.From, To = one.To, Reason = one.Reason }))
                .OrderBy(one => one.From).ThenBy(one => one.NodeName, StringComparer.Ordinal)
                .TakeLast(MaxInterruptions),
        ];
        return all.Length == 0 ? null : all;
    }

    private static TaskSummary SummaryOf(List<NodeReport> reports)
    {
        var sketch = DurationSketch.Merge(reports.Select(report => report.Task.DurationSketch));
        return new(reports.Select(report => report.Task.Counts).Aggregate(new TaskCounts(), Counts.Sum))
        {
            DurationMicroseconds = sketch is null or { Count: 0 } ? null : new TaskDurations
            {
                P50 = sketch.Microseconds(0.5),
                P90 = sketch.Microseconds(0.9),
                P99 = sketch.Microseconds(0.99),
                Max = sketch.MaxMicroseconds(),
            },
        };
    }
}
