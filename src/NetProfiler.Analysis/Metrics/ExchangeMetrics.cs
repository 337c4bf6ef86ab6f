using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The histograms of one combination of labels.</summary>
public sealed class ExchangeSeries(PeerLabels? peers, EndpointRole role, RequestMethod method, int status, string rule, bool isTls, SeriesFolding folding)
{
    /// <summary>Null where they are folded, and this side with them.</summary>
    public PeerLabels? Peers { get; } = peers;

    public EndpointRole Role { get; } = role;
    public RequestMethod Method { get; } = method;
    public int Status { get; } = status;

    /// <summary>The rule's name; empty when no rule matched.</summary>
    public string Rule { get; } = rule;

    /// <summary>The exchanges were read from TLS sessions.</summary>
    public bool IsTls { get; } = isTls;

    /// <summary>What it no longer tells apart.</summary>
    public SeriesFolding Folding { get; } = folding;

    /// <summary>Everything that found no series of its own.</summary>
    public bool IsOverflow => Folding == SeriesFolding.All;

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

/// <summary>Durations and sizes by peers, method, status and rule, within a budget of series. Ring-buffer thread only.</summary>
public sealed class ExchangeMetrics(int maxSeries)
{
    public const int DefaultMaxSeries = 2000;

    /// <summary>A series without an exchange for this long is let go.</summary>
    public const long IdleNanoseconds = 15L * 60 * 1_000_000_000;

    private readonly SeriesBudget _budget = new();
    private readonly Dictionary<(EndpointRole Role, RequestMethod Method, ushort Status, string Rule, bool IsTls), ExchangeSeries> _withoutProcess = [];
    private readonly Dictionary<(PeerLabels Peers, ushort Status, RequestMethod Method, string Rule, bool IsTls), ExchangeSeries> _series = [];
    private readonly ExchangeSeries?[] _overflow = new ExchangeSeries?[3];

    // Alike exchanges often come together: the latest series is found without the table.
    private ExchangeSeries? _latest;

    /// <summary>Most series. Fewer than there are: none is added.</summary>
    public int MaxSeries { get; set; } = maxSeries;

    /// <summary>Exchanges that were counted in a series that does not tell who measured, or nothing at all.</summary>
    public long Overflowed { get; private set; }

    /// <summary>Series let go for being idle.</summary>
    public long Expired { get; private set; }

    public IEnumerable<ExchangeSeries> Series => _series.Values.Concat(_withoutProcess.Values).Concat(_overflow.OfType<ExchangeSeries>());

    /// <param name="peers">Who measured, and who was at the other end: <see cref="ExchangePipeline.PeersOf"/>.</param>
    /// <param name="sampledIn">The trace of an exchange that is sampled; it becomes the exemplar of its bucket.</param>
    public void Record(in Exchange exchange, PeerPair peers, string rule, TraceReference? sampledIn = null)
    {
        var series = SeriesOf(exchange, peers.Labels, rule);
        series.Duration.Add(exchange.DurationNanoseconds);
        if (exchange.RequestBytes is { } requestBytes) series.RequestSize.Add(requestBytes);
        if (exchange.ResponseBytes is { } responseBytes) series.ResponseSize.Add(responseBytes);
        series.LatestNanoseconds = exchange.StartNanoseconds + exchange.DurationNanoseconds;
        if (sampledIn is not null) series.DurationExemplars.Keep(exchange.DurationNanoseconds, sampledIn, series.LatestNanoseconds);
        if (series.Folding >= SeriesFolding.Process) Overflowed++;
    }

    public void Expire(long nowNanoseconds)
    {
        Expire(_series, nowNanoseconds);
        Expire(_withoutProcess, nowNanoseconds);
        _latest = null;
    }

    private void Expire<TKey>(Dictionary<TKey, ExchangeSeries> all, long nowNanoseconds)
        where TKey : notnull
    {
        foreach (var (key, series) in all)
        {
            if (nowNanoseconds - series.LatestNanoseconds <= IdleNanoseconds) continue;
            all.Remove(key);
            _budget.Return(series.Folding, series.Peers?.IsExternal ?? false);
            Expired++;
        }
    }

    private ExchangeSeries SeriesOf(in Exchange exchange, PeerLabels peers, string rule)
    {
        var (status, method, isTls) = (exchange.Response.Status, exchange.Request.Method, exchange.Connection.Tls is not null);
        bool isLatest = _latest is { } one && ReferenceEquals(one.Peers, peers) && one.Status == status && one.Method == method && ReferenceEquals(one.Rule, rule) && one.IsTls == isTls;
        if (isLatest) return _latest!;
        var key = (peers, status, method, rule, isTls);
        return _latest = _series.TryGetValue(key, out var series) ? series : FindOrCreate(key, exchange.StartNanoseconds);
    }

    // In the order of SeriesFolding.
    private ExchangeSeries FindOrCreate((PeerLabels Peers, ushort Status, RequestMethod Method, string Rule, bool IsTls) key, long nowNanoseconds)
    {
        var role = key.Peers.Role;
        if (_budget.TryTake(MaxSeries, SeriesFolding.None, key.Peers.IsExternal)) return _series[key] = Create(key.Peers, SeriesFolding.None);

        var withoutPeer = key with { Peers = key.Peers.WithoutPeer };
        if (_series.TryGetValue(withoutPeer, out var known)) return known;
        if (_budget.TryTake(MaxSeries, SeriesFolding.Peer, key.Peers.IsExternal)) return _series[withoutPeer] = Create(withoutPeer.Peers, SeriesFolding.Peer);

        var withoutProcess = (role, key.Method, key.Status, key.Rule, key.IsTls);
        if (_withoutProcess.TryGetValue(withoutProcess, out known)) return known;
        if (_budget.TryTake(MaxSeries, SeriesFolding.Process, isExternal: false)) return _withoutProcess[withoutProcess] = Create(null, SeriesFolding.Process);

        return _overflow[(int)role] ??= new ExchangeSeries(null, role, RequestMethod.Other, 0, "", isTls: false, SeriesFolding.All) { CreatedNanoseconds = nowNanoseconds };

        ExchangeSeries Create(PeerLabels? peers, SeriesFolding folding) =>
            new(peers, role, key.Method, key.Status, key.Rule, key.IsTls, folding) { CreatedNanoseconds = nowNanoseconds };
    }
}
