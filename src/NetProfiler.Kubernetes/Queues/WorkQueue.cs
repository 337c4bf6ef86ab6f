using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Queues;

/// <summary>client-go's queue: what waits, what is dirty, what is worked on.</summary>
public sealed class WorkQueue<TKey> : IWorkQueue<TKey>
    where TKey : notnull
{
    /// <param name="name">In metrics: the controller's.</param>
    public WorkQueue(string name, MetricsRegistry metrics, TimeProvider time) => throw new NotImplementedException();

    public int Count => throw new NotImplementedException();

    public void Add(TKey key, bool isUrgent = true) => throw new NotImplementedException();

    public void AddAfter(TKey key, TimeSpan delay) => throw new NotImplementedException();

    public void AddRateLimited(TKey key) => throw new NotImplementedException();

    public ValueTask<(bool HasKey, TKey Key)> GetAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public void Done(TKey key) => throw new NotImplementedException();

    public void Forget(TKey key) => throw new NotImplementedException();

    public int Retries(TKey key) => throw new NotImplementedException();

    public void ShutDown() => throw new NotImplementedException();

    public Task ShutDownAndDrainAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
