using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Events;

/// <summary>
/// Limits the events per object: a burst, then one in five minutes. An object with excessive events does not suppress those of others.
/// </summary>
internal sealed class ObjectBudget(TimeProvider time)
{
    private const int Burst = 25;
    private const double PerSecond = 1 / 300.0;
    private const int MaxObjects = 4096;

    private readonly Dictionary<string, TokenBucket> _buckets = [];

    public bool TryTake(string objectId)
    {
        if (!_buckets.TryGetValue(objectId, out var bucket))
        {
            if (_buckets.Count == MaxObjects) _buckets.Clear(); // all budgets start again: rare, and harmless
            _buckets[objectId] = bucket = new TokenBucket(PerSecond, Burst, time);
        }
        return bucket.TryTake();
    }
}
