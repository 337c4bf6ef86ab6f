using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The histograms of one combination of labels.</summary>
public sealed class ExchangeSeries(PeerLabels? peers, EndpointRole role, RequestMethod method, int status, string route, bool isOverflow)
{
    /// <summary>Null for the overflow series.</summary>
    public PeerLabels? Peers { get; } = peers;

    public EndpointRole Role { get; } = role;
    public RequestMethod Method { get; } = method;
    public int Status { get; } = status;

    /// <summary>The rule's name; empty when no rule matched.</summary>
    public string Route { get; } = route;

    /// <summary>Everything that found no series of its own.</summary>
    public bool IsOverflow { get; } = isOverflow;

    public BucketCounts Duration { get; } = new(BucketCounts.DurationBounds);
    /// <summary>Of sampled exchanges that belong to a trace.</summary>
    public BucketExemplars DurationExemplars { get; } = new(BucketCounts.DurationBounds);

    public BucketCounts RequestSize { get; } = new(BucketCounts.SizeBounds);
    public BucketCounts ResponseSize { get; } = new(BucketCounts.SizeBounds);

    /// <summary>CLOCK_MONOTONIC of the latest exchange.</summary>
    public long LatestNanoseconds { get; set; }

    /// <summary>CLOCK_MONOTONIC of the first one.</summary>
    public long CreatedNanoseconds { get; init; }
}

/// <summary>Durations and sizes by peers, method, status and route, within a budget of series. Ring-buffer thread only.</summary>
public sealed class ExchangeMetrics(int maxSeries)
{
    public const int DefaultMaxSeries = 2000;

    /// <summary>A series without an exchange for this long is let go.</summary>
    public const long IdleNanoseconds = 15L * 60 * 1_000_000_000;

    private readonly Dictionary<(PeerLabels Peers, ushort Status, RequestMethod Method, string Route), ExchangeSeries> _series = [];
    private readonly ExchangeSeries?[] _overflow = new ExchangeSeries?[3];

    // Alike exchanges often come together: the latest series is found without the table.
    private ExchangeSeries? _latest;

    /// <summary>Most series. Fewer than there are: none is added.</summary>
    public int MaxSeries { get; set; } = maxSeries;

    /// <summary>Exchanges that were counted in the overflow series.</summary>
    public long Overflowed { get; private set; }

    /// <summary>Series let go for being idle.</summary>
    public long Expired { get; private set; }

    public IEnumerable<ExchangeSeries> Series => _series.Values.Concat(_overflow.OfType<ExchangeSeries>());

    /// <param name="peers">Who measured, and who was at the other end: <see cref="ExchangePipeline.PeersOf"/>.</param>
    /// <param name="sampledIn">The trace of an exchange that is sampled; it becomes the exemplar of its bucket.</param>
    public void Record(in Exchange exchange, PeerPair peers, string route, TraceReference? sampledIn = null)
    {
        var series = SeriesOf(exchange, peers.Labels, route);
        series.Duration.Add(exchange.DurationNanoseconds);
        if (exchange.RequestBytes is { } requestBytes) series.RequestSize.Add(requestBytes);
        if (exchange.ResponseBytes is { } responseBytes) series.ResponseSize.Add(responseBytes);
        series.LatestNanoseconds = exchange.StartNanoseconds + exchange.DurationNanoseconds;
        if (sampledIn is not null) series.DurationExemplars.Keep(exchange.DurationNanoseconds, sampledIn, series.LatestNanoseconds);
        if (series.IsOverflow) Overflowed++;
    }

    public void Expire(long nowNanoseconds)
    {
        foreach (var (key, series) in _series)
        {
            if (nowNanoseconds - series.LatestNanoseconds <= IdleNanoseconds) continue;
            _series.Remove(key);
            _latest = null;
            Expired++;
        }
    }

    private ExchangeSeries SeriesOf(in Exchange exchange, PeerLabels peers, string route)
    {
        var (status, method) = (exchange.Response.Status, exchange.Request.Method);
        if (_latest is { } latest && ReferenceEquals(latest.Peers, peers) && latest.Status == status && latest.Method == method && ReferenceEquals(latest.Route, route)) return latest;
        var key = (peers, status, method, route);
        return _latest = _series.TryGetValue(key, out var series) ? series : Create(key, exchange.StartNanoseconds);
    }

    private ExchangeSeries Create((PeerLabels Peers, ushort Status, RequestMethod Method, string Route) key, long nowNanoseconds)
    {
        var role = key.Peers.Role;
        return _series.Count >= MaxSeries
            ? _overflow[(int)role] ??= new ExchangeSeries(null, role, RequestMethod.Other, 0, "", isOverflow: true) { CreatedNanoseconds = nowNanoseconds }
            : _series[key] = new ExchangeSeries(key.Peers, role, key.Method, key.Status, key.Route, isOverflow: false) { CreatedNanoseconds = nowNanoseconds };
    }
}
