namespace NetProfiler.Kubernetes.Informers;

/// <summary>The delay after a failure: it grows with each failure, and is reset after a period without one.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeSpan resetAfter, TimeProvider time)
{
    private TimeSpan _next;
    private long? _lastFailure;

    /// <param name="random">In [0, 1): clients that failed together must not retry together.</param>
    public TimeSpan Next(double random)
    {
        var now = time.GetTimestamp();
        if (_lastFailure is not { } last || time.GetElapsedTime(last, now) >= resetAfter + _next) _next = first;
        _lastFailure = now;

        var delay = _next * (1 + random);
        _next = _next * 2 < longest ? _next * 2 : longest;
        return delay < longest ? delay : longest;
    }
}
