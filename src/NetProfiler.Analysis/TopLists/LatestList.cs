using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.TopLists;

/// <summary>The N most recent exchanges offered, exactly. Ring-buffer thread only.</summary>
public sealed class LatestList(int capacity)
{
    private readonly TopEntry[] _entries = new TopEntry[capacity];
    private int _next;

    public int Count { get; private set; }

    public void Offer(in Exchange exchange, PeerPair? peers = null, SampleTag? tag = null)
    {
        (_entries[_next] ??= new TopEntry()).Set(exchange, peers, tag);
        _next = (_next + 1) % capacity;
        if (Count < capacity) Count++;
    }

    /// <summary>A copy for other threads, latest first.</summary>
    public TopEntry[] Snapshot() =>
        Enumerable.Range(1, Count).Select(back => _entries[(_next - back + capacity) % capacity].Clone()).ToArray();
}
