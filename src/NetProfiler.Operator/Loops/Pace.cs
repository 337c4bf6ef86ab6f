namespace NetProfiler.Operator.Loops;

/// <summary>So many in a second, of which one second's may come at once. No timer runs while nobody waits. Thread-safe.</summary>
internal sealed class Pace(int perSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1.0 / perSecond);
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _next = TimeSpan.MinValue;

    /// <summary>Takes the next place and waits for its time; who gives up waiting has had his place.</summary>
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
