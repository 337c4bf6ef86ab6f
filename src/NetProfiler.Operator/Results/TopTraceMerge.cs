using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>
/// Merges the top lists of all nodes exactly: each node's list contains its first N, so the first N of all these lists are the first N
/// overall. Every order is total, so that the result does not depend on the order of the nodes.
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
