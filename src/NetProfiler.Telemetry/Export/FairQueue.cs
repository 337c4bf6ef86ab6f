using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// A bounded queue that tasks share: they take turns, and when it is full the task that holds most gives way to one that holds less. So a
/// task loses samples of its own only, as long as it holds less than its share.
/// </summary>
/// <param name="counters">Entries that were taken from the queue count until they leave the counters.</param>
/// <remarks>Any thread adds, one takes.</remarks>
internal sealed class FairQueue<T>(ExportCounters counters, int maxSamples, long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Share> _shares = []; // of tasks that have entries, or had some at their latest turn
    private readonly Queue<Share> _turns = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int _count;
    private bool _isComplete;

    /// <summary>Entries that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>Adds it, or counts it, or those that give way to it, as dropped.</summary>
    /// <param name="task">Null: there are no tasks.</param>
    public void Add(string? task, T item, long bytes)
    {
        lock (_lock)
        {
            var share = ShareOf(task ?? "");
            while (counters.Overflow(bytes, maxSamples, maxBytes) is { } reason && GiveWay(share, bytes, reason))
            {
            }

            bool hasEntered = counters.TryEnter(bytes, maxSamples, maxBytes);
            if (hasEntered && _isComplete) counters.LeaveDropped(bytes, ExportDrop.Shutdown);
            if (!hasEntered || _isComplete)
            {
                if (!share.HasTurn) _shares.Remove(share.Task);
                return;
            }

            share.Items.Enqueue((item, bytes));
            share.Bytes += bytes;
            _count++;
            if (!share.HasTurn) _turns.Enqueue(share);
            share.HasTurn = true;
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Waits for an entry. False: there is none, and none will come.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (Count == 0)
        {
            if (!await _wake.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)) return Count > 0;
            _wake.Reader.TryRead(out _);
        }

        return true;
    }

    /// <summary>The oldest entry of the task whose turn it is.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        lock (_lock)
        {
            while (_turns.TryDequeue(out var share))
            {
                bool isThere = share.Items.TryDequeue(out var entry);
                item = entry.Item!;
                share.Bytes -= entry.Bytes;
                share.HasTurn = share.Items.Count > 0;
                if (share.HasTurn) _turns.Enqueue(share);
                else _shares.Remove(share.Task);
                if (!isThere) continue; // it has given way
                _count--;
                return true;
            }
        }

        item = default;
        return false;
    }

    /// <summary>Nothing more is added.</summary>
    public void Complete()
    {
        lock (_lock) _isComplete = true;
        _wake.Writer.TryComplete();
    }

    private Share ShareOf(string task) => _shares.TryGetValue(task, out var known) ? known : _shares[task] = new Share(task);

    /// <summary>Drops the oldest entry of the task that holds most. False: none holds more than this one would.</summary>
    private bool GiveWay(Share share, long bytes, ExportDrop reason)
    {
        bool byBytes = reason == ExportDrop.QueueBytes;
        var most = _shares.Values.MaxBy(one => byBytes ? one.Bytes : one.Items.Count)!;
        bool holdsMore = byBytes ? most.Bytes > share.Bytes + bytes : most.Items.Count > share.Items.Count + 1;
        if (most == share || !holdsMore) return false;
        var oldest = most.Items.Dequeue();
        most.Bytes -= oldest.Bytes;
        _count--;
        counters.LeaveDropped(oldest.Bytes, reason);
        return true;
    }

    private sealed class Share(string task)
    {
        public string Task { get; } = task;

        public Queue<(T Item, long Bytes)> Items { get; } = [];

        public long Bytes { get; set; }

        public bool HasTurn { get; set; }
    }
}
