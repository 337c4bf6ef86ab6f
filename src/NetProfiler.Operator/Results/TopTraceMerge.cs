using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>
/// The top lists of all nodes, exactly: each node's list holds its own first N, and of all nodes' first N the first N are those of all.
/// Every order is total, so that the result does not depend on which node came first.
/// </summary>
internal static class TopTraceMerge
{
    public static TaskTopTraces Of(IReadOnlyList<NodeReport> reports, int topN) => new()
    {
        Slow =
        [
            .. Traces(reports, traces => traces.Slow)
                .OrderByDescending(trace => trace.DurationMicroseconds).ThenBy(trace => trace.Time)
                .ThenBy(trace => trace.SampleId, StringComparer.Ordinal).ThenBy(trace => trace.NodeName, StringComparer.Ordinal)
                .Take(topN),
        ],
        ClientErrors = Latest(reports, traces => traces.ClientErrors, topN),
        ServerErrors = Latest(reports, traces => traces.ServerErrors, topN),
    };

    private static IReadOnlyList<TaskTopTrace> Latest(
        IReadOnlyList<NodeReport> reports, Func<TaskTopTraces, IReadOnlyList<TaskTopTrace>> list, int topN) =>
    [
        .. Traces(reports, list)
            .OrderByDescending(trace => trace.Time)
            .ThenBy(trace => trace.SampleId, StringComparer.Ordinal).ThenBy(trace => trace.NodeName, StringComparer.Ordinal)
            .Take(topN),
    ];

    private static IEnumerable<TaskTopTrace> Traces(
        IReadOnlyList<NodeReport> reports, Func<TaskTopTraces, IReadOnlyList<TaskTopTrace>> list) =>
        reports.SelectMany(report => list(report.Task.TopTraces).Select(trace => trace with { NodeName = report.NodeName }));
}
