namespace NetProfiler.Analysis.Exchanges;

/// <summary>The FIFO of requests that are not answered yet, oldest first: a response belongs to the oldest (RFC 9112, section 9.3.2).</summary>
internal sealed class PendingExchanges
{
    /// <summary>Most requests without an answer on one connection; beyond it pairing starts afresh, counted.</summary>
    public const int MaxPendingRequests = 1024;

    private PendingExchange[] _slots = new PendingExchange[1];
    private int _first;

    public int Count { get; private set; }

    public ref PendingExchange Oldest => ref _slots[_first];

    public ref PendingExchange Newest => ref _slots[(_first + Count - 1) & (_slots.Length - 1)];

    /// <summary>The slot for one more; the caller has looked at <see cref="Count"/>.</summary>
    public ref PendingExchange Add()
    {
        if (Count == _slots.Length) Grow();
        Count++;
        return ref Newest;
    }

    public void RemoveOldest()
    {
        Oldest.Release();
        _first = (_first + 1) & (_slots.Length - 1);
        Count--;
    }

    public void Clear()
    {
        while (Count > 0) RemoveOldest();
        if (_slots.Length > 16) _slots = new PendingExchange[1];
        _first = 0;
    }

    private void Grow()
    {
        var larger = new PendingExchange[_slots.Length * 2];
        for (int i = 0; i < Count; i++) larger[i] = _slots[(_first + i) & (_slots.Length - 1)];
        _slots = larger;
        _first = 0;
    }
}
