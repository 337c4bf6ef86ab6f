using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Node.Exchanges;

/// <summary>
/// Which series of containers that no task captures any more are still shown: until they were scraped once, and for as long as a usual
/// scrape interval, so that every Prometheus has their last values. Ring-buffer thread only.
/// </summary>
internal sealed class SeriesRetention(bool namesPods)
{
    /// <summary>The scrape interval of the chart's monitors.</summary>
    private const long GraceNanoseconds = 30_000_000_000;

    private readonly HashSet<string> _captured = [];
    private readonly Dictionary<string, Leaving> _leaving = [];
    private Leaving? _everything;

    private sealed record Leaving(long SinceNanoseconds)
    {
        public bool IsScraped { get; set; }

        public bool IsOver(long now) => IsScraped && now - SinceNanoseconds >= GraceNanoseconds;
    }

    /// <summary>These containers are captured, and no others.</summary>
    public void Set(IEnumerable<ContainerIdentity> containers, long nowNanoseconds)
    {
        var owners = containers.Select(container => PeerLabels.OwnerOf(container, namesPods)).ToHashSet();
        foreach (string owner in _captured.Where(owner => !owners.Contains(owner))) _leaving[owner] = new(nowNanoseconds);
        foreach (string owner in owners) _leaving.Remove(owner);
        // What is folded belongs to nobody: it goes when no container is captured.
        _everything = owners.Count > 0 ? null : _captured.Count > 0 ? new(nowNanoseconds) : _everything;
        _captured.Clear();
        _captured.UnionWith(owners);
    }

    /// <summary>Series are shown now. Returns whose are not any more, null for those that are folded. Null if there are none.</summary>
    public Func<string?, bool>? OnScrape(long nowNanoseconds)
    {
        var gone = _leaving.Where(one => one.Value.IsOver(nowNanoseconds)).Select(one => one.Key).ToHashSet();
        foreach (string owner in gone) _leaving.Remove(owner);
        bool isEverythingGone = _everything?.IsOver(nowNanoseconds) == true;
        if (isEverythingGone) _everything = null;
        foreach (var left in _leaving.Values) left.IsScraped = true;
        if (_everything is not null) _everything.IsScraped = true;
        return gone.Count == 0 && !isEverythingGone ? null : owner => isEverythingGone || (owner is not null && gone.Contains(owner));
    }
}
