using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Node.Output;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>The results of a task since its rules became active: a copy, made on the ring-buffer thread.</summary>
internal sealed record TaskSnapshot(TaskCounts Counts, LatencySketch Latency, TopEntry[] Slow, TopEntry[] ClientErrors,
    TopEntry[] ServerErrors, Edge[] Edges)
{
    public static TaskSnapshot Of(ActiveTask task) => new(
        new TaskCounts
        {
            Requests = task.Tally.Exchanges,
            Responses2xx = task.Tally.OfClass(2),
            Responses3xx = task.Tally.OfClass(3),
            Responses4xx = task.Tally.OfClass(4),
            Responses5xx = task.Tally.OfClass(5),
            Unparsed = task.Tally.Unread,
            Assumed = task.Tally.Assumed,
            Refuted = task.Tally.Refuted,
            Unanswered = task.Tally.Unanswered,
            Incomplete = task.Tally.Incomplete,
            Excluded = task.Excluded.ByRule.ToList() is { Count: > 0 } excluded
                ? [.. excluded.OrderBy(one => one.Rule, StringComparer.Ordinal)
                    .Select(one => new TaskExclusion { Rule = one.Rule, Requests = one.Count })] : null,
            Tls = TlsOf(task),
            Sampled = task.Samples.Values.Sum(),
            DroppedSamples = task.Limited(SampleLimit.RateLimit) + task.Limited(SampleLimit.RateBytes),
            RequestBytes = task.Tally.RequestBytes,
            ResponseBytes = task.Tally.ResponseBytes,
        },
        task.Tally.Latency.Snapshot(),
        task.Slow.Snapshot(),
        task.ClientErrors.Snapshot(),
        task.ServerErrors.Snapshot(),
        task.Edges.Snapshot(PeerMerge.MaxPeers + 1));

    private static TaskTlsCounts? TlsOf(ActiveTask task)
    {
        if (!task.Plan.ReadsTls) return null;
        var unread = Enum.GetValues<TlsUnreadReason>()
            .Select(reason => new TaskTlsUnread { Reason = Words.SnakeCase($"{reason}"), Connections = task.Tally.TlsUnread(reason) })
            .Where(one => one.Connections > 0).OrderBy(one => one.Reason, StringComparer.Ordinal).ToList();
        return new() { Read = task.Tally.TlsRead, Unread = unread.Count > 0 ? unread : null };
    }
}
