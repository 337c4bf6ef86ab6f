using NetProfiler.Analysis.Metrics;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>The reports of all nodes as one; the same whatever their order.</summary>
internal sealed record TaskResults
{
    private const int NanosecondsPerMicrosecond = 1000;

    /// <summary>Null: no node has reported yet.</summary>
    public TaskSummary? Summary { get; private init; }

    public TaskTopTraces? TopTraces { get; private init; }

    public IReadOnlyList<TaskPeer>? Peers { get; private init; }

    public DateTimeOffset? ResultsTime { get; private init; }

    /// <summary>A node, or the merging, left something out.</summary>
    public bool Truncated { get; private init; }

    public static TaskResults Of(IReadOnlyList<NodeReport> reports, int topN)
    {
        var told = reports.Where(report => report.Task.ResultsTime is not null).ToList();
        if (told.Count == 0) return new();

        var peers = PeerMerge.Of(told.SelectMany(report => report.Task.Peers), out bool peersLeftOut);
        return new()
        {
            Summary = SummaryOf(told),
            TopTraces = TopTraceMerge.Of(told, topN),
            Peers = peers,
            ResultsTime = told.Max(report => report.Task.ResultsTime),
            Truncated = peersLeftOut || told.Exists(report => report.Task.Truncated == true),
        };
    }

    /// <summary>Null: absent, or not what an agent writes. Durations of that node are then missing, and its counts are not.</summary>
    public static LatencySketch? SketchOf(string? base64)
    {
        Span<byte> bytes = stackalloc byte[LatencySketch.MaxEncodedBytes];
        return base64 is not null && Convert.TryFromBase64String(base64, bytes, out int length) && LatencySketch.TryDecode(bytes[..length], out var sketch)
            ? sketch
            : null;
    }

    public static long Microseconds(LatencySketch sketch, double quantile) => sketch.Quantile(quantile) / NanosecondsPerMicrosecond;

    /// <summary>Of numbers that an agent made up, too: never negative, and stops at the largest.</summary>
    public static long Sum(long left, long right)
    {
        (left, right) = (long.Max(0, left), long.Max(0, right));
        return left > long.MaxValue - right ? long.MaxValue : left + right;
    }

    private static TaskSummary SummaryOf(List<NodeReport> reports)
    {
        var sketch = reports.Select(report => SketchOf(report.Task.DurationSketch)).OfType<LatencySketch>()
            .Aggregate((LatencySketch?)null, (all, one) => all is null ? one : LatencySketch.Merge(all, one));

        return new()
        {
            Requests = SumOf(counts => counts.Requests),
            Responses2xx = SumOf(counts => counts.Responses2xx),
            Responses3xx = SumOf(counts => counts.Responses3xx),
            Responses4xx = SumOf(counts => counts.Responses4xx),
            Responses5xx = SumOf(counts => counts.Responses5xx),
            Unparsed = SumOf(counts => counts.Unparsed),
            Sampled = SumOf(counts => counts.Sampled),
            DroppedEvents = SumOf(counts => counts.DroppedEvents),
            DroppedSamples = SumOf(counts => counts.DroppedSamples),
            RequestBytes = SumOf(counts => counts.RequestBytes),
            ResponseBytes = SumOf(counts => counts.ResponseBytes),
            DurationMicroseconds = sketch is null or { Count: 0 } ? null : new TaskDurations
            {
                P50 = Microseconds(sketch, 0.5),
                P90 = Microseconds(sketch, 0.9),
                P99 = Microseconds(sketch, 0.99),
                Max = sketch.MaxNanoseconds / NanosecondsPerMicrosecond,
            },
        };

        long SumOf(Func<TaskCounts, long> count) => reports.Aggregate(0L, (sum, report) => Sum(sum, count(report.Task.Counts)));
    }
}
