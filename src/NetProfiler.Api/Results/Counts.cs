using NetProfiler.Api.Resources;

namespace NetProfiler.Api.Results;

/// <summary>Sums of reported counts. A report is an agent's input: sums are never negative, and saturate instead of overflowing.</summary>
public static class Counts
{
    /// <summary>Maximum number of excluding rules; same as the limit in the schema.</summary>
    private const int MaxExclusions = TaskLimits.MaxRules;

    /// <summary>The schema's bound of reasons why TLS is not read.</summary>
    private const int MaxTlsReasons = 16;

    public static long Sum(long left, long right)
    {
        (left, right) = (long.Max(0, left), long.Max(0, right));
        return left > long.MaxValue - right ? long.MaxValue : left + right;
    }

    public static TaskCounts Sum(TaskCounts left, TaskCounts right) => new()
    {
        Requests = Sum(left.Requests, right.Requests),
        Responses2xx = Sum(left.Responses2xx, right.Responses2xx),
        Responses3xx = Sum(left.Responses3xx, right.Responses3xx),
        Responses4xx = Sum(left.Responses4xx, right.Responses4xx),
        Responses5xx = Sum(left.Responses5xx, right.Responses5xx),
        Unparsed = Sum(left.Unparsed, right.Unparsed),
        Assumed = Sum(left.Assumed, right.Assumed),
        Refuted = Sum(left.Refuted, right.Refuted),
        Unanswered = Sum(left.Unanswered, right.Unanswered),
        Incomplete = Sum(left.Incomplete, right.Incomplete),
        Excluded = Sum(left.Excluded, right.Excluded),
        Tls = Sum(left.Tls, right.Tls),
        Sampled = Sum(left.Sampled, right.Sampled),
        DroppedEvents = Sum(left.DroppedEvents, right.DroppedEvents),
        DroppedSamples = Sum(left.DroppedSamples, right.DroppedSamples),
        RequestBytes = Sum(left.RequestBytes, right.RequestBytes),
        ResponseBytes = Sum(left.ResponseBytes, right.ResponseBytes),
    };

    // Sorted by name, so that the order of reports has no effect. The rules may have changed since an earlier report: those with the most
    // requests are kept.
    private static TaskExclusion[]? Sum(IReadOnlyList<TaskExclusion>? left, IReadOnlyList<TaskExclusion>? right)
    {
        if (left is null && right is null) return null;
        var rules = (left ?? []).Concat(right ?? [])
            .GroupBy(one => one.Rule, (rule, all) =>
            new TaskExclusion { Rule = rule, Requests = all.Aggregate(0L, (sum, one) => Sum(sum, one.Requests)) });
        return [.. rules.OrderByDescending(one => one.Requests).ThenBy(one => one.Rule, StringComparer.Ordinal).Take(MaxExclusions)
            .OrderBy(one => one.Rule, StringComparer.Ordinal)];
    }

    private static TaskTlsCounts? Sum(TaskTlsCounts? left, TaskTlsCounts? right)
    {
        if (left is null && right is null) return null;
        var reasons = (left?.Unread ?? []).Concat(right?.Unread ?? [])
            .GroupBy(one => one.Reason, (reason, all) =>
                new TaskTlsUnread { Reason = reason, Connections = all.Aggregate(0L, (sum, one) => Sum(sum, one.Connections)) })
            .OrderBy(one => one.Reason, StringComparer.Ordinal).Take(MaxTlsReasons).ToList();
        return new() { Read = Sum(left?.Read ?? 0, right?.Read ?? 0), Unread = reasons.Count > 0 ? reasons : null };
    }

    /// <summary>Adds the counts of <paramref name="right"/>; all other values are those of <paramref name="left"/>.</summary>
    public static TPeer Add<TPeer>(this TPeer left, PeerCounts right) where TPeer : PeerCounts => (TPeer)((PeerCounts)left with
    {
        Requests = Sum(left.Requests, right.Requests),
        Errors = Sum(left.Errors, right.Errors),
        Unfinished = Sum(left.Unfinished, right.Unfinished),
        RequestBytes = Sum(left.RequestBytes, right.RequestBytes),
        ResponseBytes = Sum(left.ResponseBytes, right.ResponseBytes),
        Retransmissions = Sum(left.Retransmissions, right.Retransmissions),
    });
}
