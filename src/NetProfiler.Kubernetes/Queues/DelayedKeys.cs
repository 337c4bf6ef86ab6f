namespace NetProfiler.Kubernetes.Queues;

/// <summary>Keys whose time has not come. One timer, for the earliest.</summary>
internal sealed class DelayedKeys<TKey>
    where TKey : notnull
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Action<TKey> _due;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly PriorityQueue<TKey, long> _order = new();
    private readonly Dictionary<TKey, long> _dueAt = [];

    public DelayedKeys(Action<TKey> due, TimeProvider time)
    {
        (_due, _time) = (due, time);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Of several times of a key the earliest counts.</summary>
    public void Add(TKey key, TimeSpan delay)
    {
        lock (_lock)
        {
            var at = _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);
            if (_dueAt.TryGetValue(key, out var earlier) && earlier <= at) return;

            _dueAt[key] = at;
            _order.Enqueue(key, at); // a later time of the same key stays behind, and is passed over
            SetTimer();
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _dueAt.Clear();
            _order.Clear();
            SetTimer();
        }
    }

    private void OnTimer()
    {
        var due = new List<TKey>();
        lock (_lock)
        {
            while (_order.TryPeek(out var key, out var at) && at <= _time.GetTimestamp())
            {
                _order.Dequeue();
                if (!_dueAt.TryGetValue(key, out var current) || current != at) continue;
                _dueAt.Remove(key);
                due.Add(key);
            }
            SetTimer();
        }
        foreach (var key in due) _due(key);
    }

    private void SetTimer()
    {
        var next = Timeout.InfiniteTimeSpan;
        if (_order.TryPeek(out _, out var at))
        {
            // Timers count whole milliseconds; one that comes too early would come again and again.
            var left = (at - _time.GetTimestamp()) / (double)_time.TimestampFrequency;
            // They take at most 49.7 days, and a time to live may be a year: one that comes early is set again.
            next = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(left * 1000), 0, LongestTimer.TotalMilliseconds));
        }
        _timer.Change(next, Timeout.InfiniteTimeSpan);
    }
}
