using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Queues;

/// <summary>Same as client-go: the delay of a key doubles, and all retries together have a rate limit; the longer delay applies.</summary>
internal sealed class RetryLimiter<TKey>(TimeProvider time)
    where TKey : notnull
{
    private const double PerSecond = 10;
    private const int Burst = 100;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1000);

    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly TokenBucket _all = new(PerSecond, Burst, time);

    public TimeSpan Next(TKey key)
    {
        int failures;
        lock (_lock)
        {
            failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
        }
        var own = First.TotalSeconds * Math.Pow(2, failures);
        var delay = own < Longest.TotalSeconds ? TimeSpan.FromSeconds(own) : Longest;
        var common = _all.Reserve();
        return delay > common ? delay : common;
    }

    public void Forget(TKey key)
    {
        lock (_lock) _failures.Remove(key);
    }

    public int Count(TKey key)
    {
        lock (_lock) return _failures.GetValueOrDefault(key);
    }
}
