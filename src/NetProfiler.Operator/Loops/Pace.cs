namespace NetProfiler.Operator.Loops;

/// <summary>A rate limit with a burst of one second. No timer runs unless a caller waits. Thread-safe.</summary>
internal sealed class Pace(int perSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1.0 / perSecond);
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _next = TimeSpan.MinValue;

    /// <summary>Takes the next slot and waits for its time. A cancelled wait has still used its slot.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        TimeSpan delay;
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            var earliest = now - _interval * (perSecond - 1);
            if (_next < earliest) _next = earliest;
            delay = _next - now;
            _next += _interval;
        }

        return delay <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(delay, time, cancellation);
    }
}
