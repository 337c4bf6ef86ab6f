using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.TopLists;

/// <summary>The N longest exchanges, exactly; of equal ones, the earlier stay. Ring-buffer thread only.</summary>
public sealed class SlowestList(int capacity)
{
    // Longest first.
    private readonly TopEntry[] _entries = new TopEntry[capacity];

    public int Count { get; private set; }

    public void Offer(in Exchange exchange, PeerPair? peers = null, SampleTag? tag = null)
    {
        long duration = exchange.DurationNanoseconds;
        if (Count == capacity && duration <= _entries[Count - 1].DurationNanoseconds) return;

        var entry = Count < capacity ? new TopEntry() : _entries[Count - 1];
        if (Count < capacity) Count++;
        int at = Count - 1;
        for (; at > 0 && _entries[at - 1].DurationNanoseconds < duration; at--) _entries[at] = _entries[at - 1];
        _entries[at] = entry;
        entry.Set(exchange, peers, tag);
    }

    /// <summary>A copy for other threads, longest first.</summary>
    public TopEntry[] Snapshot() => _entries[..Count].Select(entry => entry.Clone()).ToArray();
}
