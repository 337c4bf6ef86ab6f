namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>A clock that is moved by hand, with its timers.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private TimeSpan _wallOffset;
    private long _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public int ArmedTimers
    {
        get
        {
            lock (_lock) return _timers.Count(timer => timer.DueAt is not null);
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _elapsed);

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now + _wallOffset;
    }

    /// <summary>Somebody sets the clock; monotonic time does not care.</summary>
    public void StepWallClock(TimeSpan by)
    {
        lock (_lock) _wallOffset += by;
    }

    /// <summary>Timers fire in order, each at its time.</summary>
    public void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_lock)
            {
                next = _timers.Where(timer => timer.DueAt <= end).MinBy(timer => timer.DueAt);
                var at = next is null ? end : Math.Max(next.DueAt!.Value, _elapsed);
                _now += TimeSpan.FromTicks(at - _elapsed);
                Interlocked.Exchange(ref _elapsed, at);
                next?.Rearm();
            }
            if (next is null) return;
            next.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_lock) _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long? DueAt { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isNow = dueTime == TimeSpan.Zero;
            lock (time._lock)
            {
                _period = period;
                DueAt = dueTime == Timeout.InfiniteTimeSpan || isNow ? null : time._elapsed + dueTime.Ticks;
            }
            if (isNow) ThreadPool.QueueUserWorkItem(_ => callback(state));
            return true;
        }

        public void Rearm() => DueAt = _period > TimeSpan.Zero ? DueAt + _period.Ticks : null;

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (time._lock) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
