using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The labels that unfinished requests share.</summary>
/// <param name="Peers">Null for the overflow series.</param>
/// <param name="Status">0 if no response began.</param>
/// <param name="Rule">Empty if no rule matched.</param>
public readonly record struct UnfinishedKey(PeerLabels? Peers, EndpointRole Role, RequestMethod Method, int Status, EndedBy EndedBy,
    string Rule);

/// <summary>
/// Number of requests whose connection ended before their response was complete, or before it began, within a budget of series. Ring-buffer
/// thread only.
/// </summary>
/// <remarks>Counts only: the time after which a client gave up is not a measure of the server's duration.</remarks>
/// <param name="maxSeries">Maximum number of series. Beyond it, there is one overflow series per role.</param>
public sealed class UnfinishedMetrics(int maxSeries)
{
    private readonly Dictionary<UnfinishedKey, Series> _series = [];

    /// <summary>A count, with the CLOCK_MONOTONIC times of its first and latest request.</summary>
    public sealed class Series(long createdNanoseconds)
    {
        public long Count { get; internal set; }

        public long CreatedNanoseconds => createdNanoseconds;

        public long LatestNanoseconds { get; internal set; }
    }

    public IEnumerable<KeyValuePair<UnfinishedKey, Series>> All => _series;

    public void Record(in Exchange exchange, PeerPair peers, string rule)
    {
        var labels = peers.Labels;
        long now = exchange.StartNanoseconds + exchange.DurationNanoseconds;
        var series = Of(new UnfinishedKey(labels, labels.Role, exchange.Request.Method, exchange.Status, exchange.EndedBy, rule), now);
        series.Count++;
        series.LatestNanoseconds = now;
    }

    /// <summary>Removes series without a request for <see cref="ExchangeMetrics.IdleNanoseconds"/>.</summary>
    public void Expire(long nowNanoseconds)
    {
        foreach (var (key, series) in _series)
        {
            if (nowNanoseconds - series.LatestNanoseconds > ExchangeMetrics.IdleNanoseconds) _series.Remove(key);
        }
    }

    /// <summary>As <see cref="ExchangeMetrics.Remove"/>.</summary>
    public void Remove(Func<string?, bool> isGone)
    {
        foreach (var key in _series.Keys)
        {
            if (isGone(key.Peers?.Owner)) _series.Remove(key);
        }
    }

    // The overflow series, at most two, are in addition to the budget.
    private Series Of(in UnfinishedKey key, long nowNanoseconds)
    {
        if (_series.TryGetValue(key, out var known)) return known;
        var kept = _series.Count < maxSeries ? key : new UnfinishedKey(null, key.Role, RequestMethod.Other, 0, EndedBy.Unknown, "");
        if (!_series.TryGetValue(kept, out known)) _series[kept] = known = new Series(nowNanoseconds);
        return known;
    }
}
