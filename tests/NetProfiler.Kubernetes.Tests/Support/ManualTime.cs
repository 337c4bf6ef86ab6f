namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>A clock that is moved by hand, with its timers.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private TimeSpan _wallOffset;
    private long _elapsed;

    /// <summary>Time goes by, and no timer fires.</summary>
    public bool Hang { get; set; }

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

    /// <summary>Timers fire in order, each at its time. True: one did.</summary>
    public bool Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        var hasFired = false;
        while (true)
        {
            ManualTimer? next;
            lock (_lock)
            {
                next = Hang ? null : _timers.Where(timer => timer.DueAt <= end).MinBy(timer => timer.DueAt);
                var at = next is null ? end : Math.Max(next.DueAt!.Value, _elapsed);
                _now += TimeSpan.FromTicks(at - _elapsed);
                Interlocked.Exchange(ref _elapsed, at);
                next?.Rearm();
            }
            if (next is null) return hasFired;
            hasFired = true;
            next.Fire();
        }
    }

    /// <summary>
    /// The same in small steps. After each that fired a timer, whoever was woken has a while to set the next one: so time does not run away
    /// from code that waits again and again.
    /// </summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        var step = TimeSpan.FromMilliseconds(50);
        for (var left = by; left > TimeSpan.Zero; left -= step)
        {
            var armed = ArmedTimers;
            if (!Advance(left < step ? left : step)) continue;
            for (var i = 0; i < 20 && ArmedTimers < armed; i++) await Task.Delay(1);
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
