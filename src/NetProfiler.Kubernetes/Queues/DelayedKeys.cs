namespace NetProfiler.Kubernetes.Queues;

/// <summary>Keys that become due later. One timer, for the earliest.</summary>
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

    /// <summary>If a key is added several times, the earliest time applies.</summary>
    public void Add(TKey key, TimeSpan delay)
    {
        lock (_lock)
        {
            var at = _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);
            if (_dueAt.TryGetValue(key, out var earlier) && earlier <= at) return;

            _dueAt[key] = at;
            _order.Enqueue(key, at); // a later time of the same key stays in the queue, and is skipped
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
            // Timers count whole milliseconds; a timer that fires too early would fire again and again.
            var left = (at - _time.GetTimestamp()) / (double)_time.TimestampFrequency;
            // Timers are limited to 49.7 days, and a time to live may be a year: a timer that fires early is set again.
            next = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(left * 1000), 0, LongestTimer.TotalMilliseconds));
        }
        _timer.Change(next, Timeout.InfiniteTimeSpan);
    }
}
