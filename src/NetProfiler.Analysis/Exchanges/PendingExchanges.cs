using System.Runtime.CompilerServices;
using NetProfiler.Analysis.Buffers;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>The FIFO of unanswered requests: a response belongs to the oldest (RFC 9112, section 9.3.2).</summary>
internal sealed class PendingExchanges(HeldBuffers buffers)
{
    /// <summary>Maximum number of unanswered requests per connection. Further requests are read and counted, but not paired.</summary>
    public const int MaxPendingRequests = 1024;

    private static readonly int SlotBytes = Unsafe.SizeOf<PendingExchange>();

    private PendingExchange[] _slots = new PendingExchange[1];
    private int _first;

    public int Count { get; private set; }

    public ref PendingExchange Oldest => ref _slots[_first];

    public ref PendingExchange Newest => ref _slots[(_first + Count - 1) & (_slots.Length - 1)];

    /// <summary>Memory taken by the requests' heads, and by slots beyond the first.</summary>
    public long Memory
    {
        get
        {
            long memory = (long)(_slots.Length - 1) * SlotBytes;
            for (int i = 0; i < Count; i++) memory += _slots[(_first + i) & (_slots.Length - 1)].Memory;
            return memory;
        }
    }

    /// <summary>The slot for a new request. The caller must check <see cref="Count"/> first.</summary>
    public ref PendingExchange Add()
    {
        if (Count == _slots.Length) Grow();
        Count++;
        return ref Newest;
    }

    public void RemoveOldest()
    {
        Oldest.Release(buffers);
        _first = (_first + 1) & (_slots.Length - 1);
        Count--;
    }

    public void Clear()
    {
        while (Count > 0) RemoveOldest();
        if (_slots.Length > 16) Replace(new PendingExchange[1]);
        _first = 0;
    }

    private void Grow()
    {
        var larger = new PendingExchange[_slots.Length * 2];
        for (int i = 0; i < Count; i++) larger[i] = _slots[(_first + i) & (_slots.Length - 1)];
        Replace(larger);
        _first = 0;
    }

    private void Replace(PendingExchange[] slots)
    {
        buffers.Count((long)(slots.Length - _slots.Length) * SlotBytes);
        _slots = slots;
    }
}
