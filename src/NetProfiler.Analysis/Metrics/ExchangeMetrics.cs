using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The histograms of one combination of labels.</summary>
/// <param name="peers">Null if they are folded.</param>
public sealed class ExchangeSeries(PeerLabels? peers, EndpointRole role, in ExchangeLabels labels, SeriesFolding folding, SeriesShare share)
{
    public PeerLabels? Peers { get; } = peers;

    public EndpointRole Role { get; } = role;

    /// <summary>The server that a client sends requests to. Null if this side is the server, or if servers are folded.</summary>
    public ServerAddress? Server { get; } = labels.Server;

    public RequestMethod Method { get; } = labels.Method;
    public int Status { get; } = labels.Status;

    /// <summary>Name of the rule; empty if no rule matched.</summary>
    public string Rule { get; } = labels.Rule;

    /// <summary>Whether the exchanges were read from TLS sessions.</summary>
    public bool IsTls { get; } = labels.IsTls;

    /// <summary>The labels that are folded in this series.</summary>
    public SeriesFolding Folding { get; } = folding;

    internal SeriesShare Share { get; } = share;

    /// <summary>The budget in which it takes room. Null: it takes none.</summary>
    internal SeriesBudget? Budget { get; init; }

    /// <summary>Everything that found no series of its own.</summary>
    public bool IsOverflow => Folding == SeriesFolding.All;

    public BucketCounts Duration { get; } = new(BucketCounts.DurationBounds);

    /// <summary>Exemplars of the sampled exchanges that belong to a trace.</summary>
    public BucketExemplars DurationExemplars { get; } = new(BucketCounts.DurationBounds);

    public BucketCounts RequestSize { get; } = new(BucketCounts.SizeBounds);
    public BucketCounts ResponseSize { get; } = new(BucketCounts.SizeBounds);

    /// <summary>CLOCK_MONOTONIC of the latest exchange.</summary>
    public long LatestNanoseconds { get; set; }

    /// <summary>CLOCK_MONOTONIC of the first exchange.</summary>
    public long CreatedNanoseconds { get; init; }
}

/// <summary>The labels of a series other than the peers.</summary>
/// <param name="Server">Null if this side is the server, or if servers are folded.</param>
/// <param name="Rule">Empty if no rule matched.</param>
/// <param name="IsTls">Whether the exchange was read from a TLS session.</param>
public readonly record struct ExchangeLabels(ServerAddress? Server, ushort Status, RequestMethod Method, string Rule, bool IsTls);

/// <summary>Durations and sizes by peers, server, method, status and rule, within a budget of series. Ring-buffer thread only.</summary>
public sealed class ExchangeMetrics(int maxSeries)
{
    public const int DefaultMaxSeries = 2000;

    /// <summary>A series without an exchange for this long is removed.</summary>
    public const long IdleNanoseconds = 15L * 60 * 1_000_000_000;

    private readonly SeriesBudget _common = new();
    private Dictionary<string, (SeriesBudget Budget, int MaxSeries)> _namespaces = [];
    private readonly Dictionary<(EndpointRole Role, ExchangeLabels Labels), ExchangeSeries> _withoutProcess = [];
    private readonly Dictionary<(PeerLabels Peers, ExchangeLabels Labels), ExchangeSeries> _series = [];
    private readonly Dictionary<PeerLabels, ServerAddress> _firstServers = []; // per peer of clients; no more than series
    private readonly ExchangeSeries?[] _overflow = new ExchangeSeries?[3];

    // Consecutive exchanges often have the same labels, so the latest series is found without the table.
    private ExchangeSeries? _latest;

    /// <summary>Maximum number of series. If it is lowered below the current number, no series is added.</summary>
    public int MaxSeries { get; set; } = maxSeries;

    /// <summary>
    /// Gives each namespace a budget of its own, so that many series of one fold no labels of another. Others share
    /// <see cref="MaxSeries"/>.
    /// </summary>
    /// <param name="maxSeries">Most series of each, whose sum is at most <see cref="MaxSeries"/>; fewer than there are: none is
    /// added.</param>
    public void Divide(IReadOnlyDictionary<string, int> maxSeries) => _namespaces = maxSeries.ToDictionary(
        one => one.Key, one => (_namespaces.TryGetValue(one.Key, out var known) ? known.Budget : new SeriesBudget(), one.Value));

    /// <summary>Exchanges that were counted in a series that does not tell who measured, or nothing at all.</summary>
    public long Overflowed { get; private set; }

    /// <summary>Number of series removed because they were idle.</summary>
    public long Expired { get; private set; }

    public IEnumerable<ExchangeSeries> Series => _series.Values.Concat(_withoutProcess.Values).Concat(_overflow.OfType<ExchangeSeries>());

    /// <param name="peers">Local and remote peer: <see cref="ExchangePipeline.PeersOf"/>.</param>
    /// <param name="server">Server that a client sends the request to. Null if this side is the server.</param>
    /// <param name="rule">Empty if no rule matched.</param>
    /// <param name="sampledIn">The trace of a sampled exchange; it becomes the exemplar of its bucket.</param>
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
            series.Budget?.Return(series.Folding, series.Share);
        }

        _latest = null;
        if (!isGone(null)) return;
        foreach (var series in _withoutProcess.Values) series.Budget?.Return(series.Folding, series.Share);
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
            series.Budget?.Return(series.Folding, series.Share);
            Expired++;
        }

        if (_firstServers.Count > MaxSeries) _firstServers.Clear(); // after this, a peer's next server counts as its first
    }

    private ExchangeSeries SeriesOf(in Exchange exchange, PeerLabels peers, in ExchangeLabels labels)
    {
        if (_latest is { } latest && ReferenceEquals(latest.Peers, peers) && ReferenceEquals(latest.Server, labels.Server)
            && latest.Status == labels.Status &&
            latest.Method == labels.Method && latest.IsTls == labels.IsTls && ReferenceEquals(latest.Rule, labels.Rule)) return latest;
        return _latest = _series.TryGetValue((peers, labels), out var series) ? series
            : FindOrCreate(peers, labels, exchange.StartNanoseconds);
    }

    // In the order of the values of SeriesFolding.
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
        if (_common.TryTake(MaxSeries, SeriesFolding.Process, SeriesShare.Common))
            return _withoutProcess[withoutProcess] = new(null, peers.Role, withoutProcess.Item2, SeriesFolding.Process,
                SeriesShare.Common) { Budget = _common, CreatedNanoseconds = nowNanoseconds };

        return _overflow[(int)peers.Role] ??= new(null, peers.Role, new(null, 0, RequestMethod.Other, "", IsTls: false), SeriesFolding.All,
            SeriesShare.Common) { CreatedNanoseconds = nowNanoseconds };
    }

    private ExchangeSeries? TryCreate(PeerLabels peers, in ExchangeLabels labels, SeriesFolding folding, SeriesShare share,
        long nowNanoseconds)
    {
        var (budget, maxSeries) = peers.Namespace is { } name && _namespaces.TryGetValue(name, out var own) ? own : (_common, MaxSeries);
        if (!budget.TryTake(maxSeries, folding, share)) return null;
        return _series[(peers, labels)] = new(peers, peers.Role, labels, folding, share)
        {
            Budget = budget, CreatedNanoseconds = nowNanoseconds,
        };
    }

    // A peer's first server does not add a series; only further ones do.
    private SeriesShare ShareOf(PeerLabels peers, ServerAddress? server)
    {
        if (peers.IsExternal) return SeriesShare.External;
        if (server is null) return SeriesShare.Common;
        if (_firstServers.TryGetValue(peers, out var first)) return first.Equals(server) ? SeriesShare.Common : SeriesShare.FurtherAddress;
        if (_firstServers.Count <= MaxSeries) _firstServers[peers] = server;
        return SeriesShare.Common;
    }
}
