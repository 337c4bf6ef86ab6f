using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>
/// Series by peer pair, within a budget of pairs. Pairs with an external address get a part of the budget, beyond which they share one
/// peer; other pairs beyond the budget share the overflow series.
/// </summary>
internal sealed class PairSeries<TSeries>(int maxPairs)
    where TSeries : class
{
    private const int ExternalParts = 8;
    private const int MinExternal = 16;

    private readonly Dictionary<PeerLabels, TSeries> _series = [];
    private int _external;

    public IEnumerable<TSeries> All => _series.Values;

    /// <summary>Null if there is no room.</summary>
    public TSeries? Find(PeerLabels peers, long nowNanoseconds, Func<PeerLabels, long, TSeries> create)
    {
        if (_series.TryGetValue(peers, out var series)) return series;
        bool isFolded = peers.IsExternal && _external >= int.Max(MinExternal, maxPairs / ExternalParts);
        if (isFolded)
        {
            peers = peers.WithoutPeer;
            if (_series.TryGetValue(peers, out series)) return series;
        }

        if (_series.Count >= maxPairs) return null;
        if (peers.IsExternal) _external++;
        return _series[peers] = create(peers, nowNanoseconds);
    }

    public void Expire(Func<TSeries, bool> isIdle)
    {
        foreach (var (peers, series) in _series)
        {
            if (!isIdle(series)) continue;
            _series.Remove(peers);
            if (peers.IsExternal) _external--;
        }
    }
}
