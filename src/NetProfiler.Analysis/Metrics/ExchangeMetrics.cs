using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The histograms of one combination of labels.</summary>
/// <param name="peers">Null where they are folded, and this side with them.</param>
public sealed class ExchangeSeries(PeerLabels? peers, EndpointRole role, in ExchangeLabels labels, SeriesFolding folding, SeriesShare share)
{
    public PeerLabels? Peers { get; } = peers;

    public EndpointRole Role { get; } = role;

    /// <summary>A client's; null: a server's, or folded.</summary>
    public ServerAddress? Server { get; } = labels.Server;

    public RequestMethod Method { get; } = labels.Method;
    public int Status { get; } = labels.Status;

    /// <summary>The rule's name; empty when no rule matched.</summary>
    public string Rule { get; } = labels.Rule;

    /// <summary>The exchanges were read from TLS sessions.</summary>
    public bool IsTls { get; } = labels.IsTls;

    /// <summary>What it no longer tells apart.</summary>
    public SeriesFolding Folding { get; } = folding;

    internal SeriesShare Share { get; } = share;

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

/// <summary>What a series is found by, besides who measured and who was at the other end.</summary>
/// <param name="Server">Null: this side is the server, or it is folded.</param>
/// <param name="Rule">Empty: no rule matched.</param>
/// <param name="IsTls">The exchange was read from a TLS session.</param>
public readonly record struct ExchangeLabels(ServerAddress? Server, ushort Status, RequestMethod Method, string Rule, bool IsTls);

/// <summary>Durations and sizes by peers, server, method, status and rule, within a budget of series. Ring-buffer thread only.</summary>
public sealed class ExchangeMetrics(int maxSeries)
{
    public const int DefaultMaxSeries = 2000;

    /// <summary>A series without an exchange for this long is let go.</summary>
    public const long IdleNanoseconds = 15L * 60 * 1_000_000_000;

    private readonly SeriesBudget _budget = new();
    private readonly Dictionary<(EndpointRole Role, ExchangeLabels Labels), ExchangeSeries> _withoutProcess = [];
    private readonly Dictionary<(PeerLabels Peers, ExchangeLabels Labels), ExchangeSeries> _series = [];
    private readonly Dictionary<PeerLabels, ServerAddress> _firstServers = []; // of the peers of clients; no more than series
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
    /// <param name="server">Whom a client's request is for; null: this side is the server.</param>
    /// <param name="rule">Empty: no rule matched.</param>
    /// <param name="sampledIn">The trace of an exchange that is sampled; it becomes the exemplar of its bucket.</param>
    public void Record(in Exchange exchange, PeerPair peers, ServerAddress? server, string rule, TraceReference? sampledIn = null)
    {
        var series = SeriesOf(exchange, peers.Labels,
            new(server, exchange.Response.Status, exchange.Request.Method, rule, exchange.Connection.Tls is not null));
        series.Duration.Add(exchange.DurationNanoseconds);
        if (exchange.RequestBytes is { } requestBytes) series.RequestSize.Add(requestBytes);
        if (exchange.ResponseBytes is { } responseBytes) series.ResponseSize.Add(responseBytes);
        series.LatestNanoseconds = exchange.StartNanoseconds + exchange.DurationNanoseconds;
        if (sampledIn is not null) series.DurationExemplars.Keep(exchange.DurationNanoseconds, sampledIn, series.LatestNanoseconds);
        if (series.Folding >= SeriesFolding.Process) Overflowed++;
    }

    /// <summary>Removes the series of owners that are gone.</summary>
    /// <param name="isGone">By <see cref="PeerLabels.Owner"/>; null: of series that are folded.</param>
    public void Remove(Func<string?, bool> isGone)
    {
        foreach (var (key, series) in _series)
        {
            if (!isGone(key.Peers.Owner)) continue;
            _series.Remove(key);
            _firstServers.Remove(key.Peers);
            _budget.Return(series.Folding, series.Share);
        }

        _latest = null;
        if (!isGone(null)) return;
        foreach (var series in _withoutProcess.Values) _budget.Return(series.Folding, series.Share);
        _withoutProcess.Clear();
        Array.Clear(_overflow);
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
            _budget.Return(series.Folding, series.Share);
            Expired++;
        }

        if (_firstServers.Count > MaxSeries) _firstServers.Clear(); // the next server of a peer is its first then
    }

    private ExchangeSeries SeriesOf(in Exchange exchange, PeerLabels peers, in ExchangeLabels labels)
    {
        if (_latest is { } latest && ReferenceEquals(latest.Peers, peers) && ReferenceEquals(latest.Server, labels.Server)
            && latest.Status == labels.Status &&
            latest.Method == labels.Method && latest.IsTls == labels.IsTls && ReferenceEquals(latest.Rule, labels.Rule)) return latest;
        return _latest = _series.TryGetValue((peers, labels), out var series) ? series
            : FindOrCreate(peers, labels, exchange.StartNanoseconds);
    }

    // In the order of SeriesFolding.
    private ExchangeSeries FindOrCreate(PeerLabels peers, in ExchangeLabels labels, long nowNanoseconds)
    {
        var share = ShareOf(peers, labels.Server);
        if (TryCreate(peers, labels, SeriesFolding.None, share, nowNanoseconds) is { } created) return created;

        var withoutServer = labels.Server is null ? labels : labels with { Server = ServerAddress.Other };
        if (share == SeriesShare.FurtherAddress)
        {
            if (_series.TryGetValue((peers, withoutServer), out var other)) return other;
            if (TryCreate(peers, withoutServer, SeriesFolding.Address, SeriesShare.Common, nowNanoseconds) is { } folded) return folded;
        }

        if (_series.TryGetValue((peers.WithoutPeer, withoutServer), out var known)) return known;
        if (TryCreate(peers.WithoutPeer, withoutServer, SeriesFolding.Peer, SeriesShare.Common, nowNanoseconds) is { } withoutPeer)
            return withoutPeer;

        var withoutProcess = (peers.Role, labels with { Server = null });
        if (_withoutProcess.TryGetValue(withoutProcess, out known)) return known;
        if (_budget.TryTake(MaxSeries, SeriesFolding.Process, SeriesShare.Common))
            return _withoutProcess[withoutProcess] = new(null, peers.Role, withoutProcess.Item2, SeriesFolding.Process,
                SeriesShare.Common) { CreatedNanoseconds = nowNanoseconds };

        return _overflow[(int)peers.Role] ??= new(null, peers.Role, new(null, 0, RequestMethod.Other, "", IsTls: false), SeriesFolding.All,
            SeriesShare.Common) { CreatedNanoseconds = nowNanoseconds };
    }

    private ExchangeSeries? TryCreate(PeerLabels peers, in ExchangeLabels labels, SeriesFolding folding, SeriesShare share,
        long nowNanoseconds) =>
        _budget.TryTake(MaxSeries, folding, share)
            ? _series[(peers, labels)] = new(peers, peers.Role, labels, folding, share) { CreatedNanoseconds = nowNanoseconds }
            : null;

    // A peer's first server adds no series: only further ones do.
    private SeriesShare ShareOf(PeerLabels peers, ServerAddress? server)
    {
        if (peers.IsExternal) return SeriesShare.External;
        if (server is null) return SeriesShare.Common;
        if (_firstServers.TryGetValue(peers, out var first)) return first.Equals(server) ? SeriesShare.Common : SeriesShare.FurtherAddress;
        if (_firstServers.Count <= MaxSeries) _firstServers[peers] = server;
        return SeriesShare.Common;
    }
}
