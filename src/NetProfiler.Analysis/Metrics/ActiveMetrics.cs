using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The labels that requests in flight share.</summary>
/// <param name="Process">Null for the overflow series.</param>
/// <param name="Container">Container without its id and the kind of its workload, which are not labels. Null if the container is
/// unknown.</param>
/// <param name="Server">Server that a client sends requests to. Null if this side is the server.</param>
public readonly record struct ActiveKey(EndpointRole Role, string? Process, ContainerIdentity? Container, ServerAddress? Server,
    RequestMethod Method);

/// <summary>The requests in flight of one combination of labels.</summary>
public sealed class ActiveSeries(in ActiveKey key)
{
    public ActiveKey Key { get; } = key;

    public InFlight Requests { get; } = new();

    /// <summary>CLOCK_MONOTONIC of the start of the latest request.</summary>
    public long LatestNanoseconds { get; internal set; }
}

/// <summary>Number of requests in flight by process, method and server, within a budget of series. Ring-buffer thread only.</summary>
/// <remarks>The peer is not a label, because it may not be resolved yet when a request begins.</remarks>
/// <param name="maxSeries">Half of the budget is for servers; further servers are aggregated per process. Beyond the budget there is one
/// overflow series per role.</param>
public sealed class ActiveMetrics(int maxSeries)
{
    private readonly Dictionary<ActiveKey, ActiveSeries> _series = [];
    private readonly Dictionary<Requests, Counted> _counted = []; // only a cache; cleared when it grows too large
    private int _servers;

    // Consecutive requests often belong to the same process, so the latest entry is found without the table.
    private Requests _latest;
    private Counted? _latestCounted;

    // The combination before labels are folded.
    private readonly record struct Requests(ProcessIdentity Process, EndpointRole Role, ServerAddress? Server, RequestMethod Method);

    private sealed record Counted(ActiveSeries Series, InFlight InFlight);

    public IEnumerable<ActiveSeries> Series => _series.Values;

    /// <summary>Whether labels name pods. Before the first request.</summary>
    public bool NamesPods { get; init; } = true;

    /// <summary>The counter for a request that begins now.</summary>
    /// <param name="server">Server that a client sends the request to. Null if this side is the server.</param>
    /// <param name="overview">The overview whose rows count the same requests.</param>
    public InFlight Of(in Exchange exchange, ServerAddress? server, TrafficOverview overview)
    {
        var requests = new Requests(exchange.Connection.Process, exchange.Connection.Role, server, exchange.Request.Method);
        bool isLatest = _latestCounted is not null && ReferenceEquals(requests.Process, _latest.Process)
            && ReferenceEquals(server, _latest.Server) &&
            requests.Role == _latest.Role && requests.Method == _latest.Method;
        if (!isLatest) (_latest, _latestCounted) = (requests, Find(requests, overview));
        _latestCounted!.Series.LatestNanoseconds = exchange.StartNanoseconds;
        return _latestCounted.InFlight;
    }

    /// <summary>Removes series without a request for <see cref="ExchangeMetrics.IdleNanoseconds"/>.</summary>
    public void Expire(long nowNanoseconds)
    {
        foreach (var (key, series) in _series)
        {
            if (series.Requests.Count > 0 || nowNanoseconds - series.LatestNanoseconds <= ExchangeMetrics.IdleNanoseconds) continue;
            _series.Remove(key);
            if (key.Server is not null) _servers--;
            _counted.Clear();
            _latestCounted = null;
        }
    }

    // What is not in the labels is left out.
    private ContainerIdentity LabelledOf(ContainerIdentity container) =>
        (NamesPods ? container : PeerLabels.WithoutPod(container)) with { Id = "", Workload = PeerLabels.WorkloadNameOf(container) };

    private Counted Find(in Requests requests, TrafficOverview overview)
    {
        if (_counted.TryGetValue(requests, out var known)) return known;
        if (_counted.Count == PeerPairs.MaxPairs) _counted.Clear();
        var (process, role) = (requests.Process, requests.Role);
        var container = process.Container is { } own ? LabelledOf(own) : null;
        var series = SeriesOf(new(role, process.Name, container, requests.Server, requests.Method));
        return _counted[requests] = new Counted(series, new InFlight(series.Requests, overview.InFlightOf(process.Name, role)));
    }

    /// <summary>As <see cref="ExchangeMetrics.Remove"/>.</summary>
    public void Remove(Func<string?, bool> isGone)
    {
        foreach (var key in _series.Keys)
        {
            if (!isGone(key.Container is { } container ? PeerLabels.OwnerOf(container, NamesPods) : null)) continue;
            _series.Remove(key);
            if (key.Server is not null) _servers--;
        }

        _counted.Clear();
        _latestCounted = null;
    }

    // The overflow series, at most two, are in addition to the budget.
    private ActiveSeries SeriesOf(ActiveKey key)
    {
        if (_series.TryGetValue(key, out var known)) return known;
        if (key.Server is not null && _servers >= maxSeries / 2) key = key with { Server = ServerAddress.Other };
        if (_series.TryGetValue(key, out known)) return known;
        if (_series.Count >= maxSeries) key = new(key.Role, null, null, null, RequestMethod.Other);
        if (_series.TryGetValue(key, out known)) return known;
        if (key.Server is not null) _servers++;
        return _series[key] = new ActiveSeries(key);
    }
}
