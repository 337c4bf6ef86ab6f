using Prometheus;

namespace NetProfiler.Kubernetes.Queues;

/// <summary>
/// The queue of client-go. A key is <em>dirty</em> from when it is added until a worker takes it, and <em>processing</em> until that worker
/// is done; it is in a lane when it is dirty and not processing. Bounded by the number of existing keys.
/// </summary>
public sealed class WorkQueue<TKey> : IWorkQueue<TKey>
    where TKey : notnull
{
    // Guarded by the lock.
    private readonly Lock _lock = new();
    private readonly Lanes<TKey> _lanes = new();
    private readonly Dictionary<TKey, long> _dirty = [];
    private readonly Dictionary<TKey, long> _processing = [];
    private readonly LinkedList<TaskCompletionSource<(bool, TKey)>> _workers = [];
    private readonly List<TaskCompletionSource> _drains = [];
    private bool _isShutDown;

    private readonly DelayedKeys<TKey> _delayed;
    private readonly RetryLimiter<TKey> _retries;
    private readonly QueueMetrics _metrics;
    private readonly TimeProvider _time;

    /// <param name="name">The controller's name, for metrics.</param>
    public WorkQueue(string name, CollectorRegistry metrics, TimeProvider time)
    {
        _time = time;
        _delayed = new DelayedKeys<TKey>(key => Add(key), time);
        _retries = new RetryLimiter<TKey>(time);
        _metrics = new QueueMetrics(metrics, name);
        _metrics.Watch(() => Count, () => WorkedOn(ages => ages.Sum()), () => WorkedOn(ages => ages.DefaultIfEmpty().Max()));
    }

    public int Count
    {
        get
        {
            lock (_lock) return _lanes.Count;
        }
    }

    public void Add(TKey key, bool isUrgent = true)
    {
        lock (_lock)
        {
            if (_isShutDown) return;

            if (!_dirty.TryAdd(key, _time.GetTimestamp()))
            {
                if (isUrgent) _lanes.Hurry(key);
                return;
            }
            _metrics.Added();
            if (!_processing.ContainsKey(key)) Enqueue(key, isUrgent);
        }
    }

    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero) Add(key);
        else _delayed.Add(key, delay);
    }

    public void AddRateLimited(TKey key)
    {
        _metrics.Retried();
        AddAfter(key, _retries.Next(key));
    }

    public ValueTask<(bool HasKey, TKey Key)> GetAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<(bool, TKey)>(cancellationToken);
            if (TryTake(out var key)) return ValueTask.FromResult((true, key));
            if (_isShutDown) return ValueTask.FromResult((false, default(TKey)!));

            var worker = new LinkedListNode<TaskCompletionSource<(bool, TKey)>>(new(TaskCreationOptions.RunContinuationsAsynchronously));
            _workers.AddLast(worker);
            return WaitAsync(worker, cancellationToken);
        }
    }

    public void Done(TKey key)
    {
        lock (_lock)
        {
            if (!_processing.Remove(key, out var begin)) return;

            _metrics.Worked(_time.GetElapsedTime(begin));
            if (_dirty.ContainsKey(key)) Enqueue(key, isUrgent: true);
            CompleteDrains();
        }
    }

    public void Forget(TKey key) => _retries.Forget(key);

    public int Retries(TKey key) => _retries.Count(key);

    public void ShutDown()
    {
        lock (_lock)
        {
            _isShutDown = true;
            _delayed.Clear();
            // Workers wait only while the queue is empty.
            foreach (var worker in _workers) worker.TrySetResult((false, default!));
            _workers.Clear();
            CompleteDrains();
        }
    }

    public Task ShutDownAndDrainAsync(CancellationToken cancellationToken = default)
    {
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock) _drains.Add(drain);
        ShutDown();
        return drain.Task.WaitAsync(cancellationToken);
    }

    private async ValueTask<(bool HasKey, TKey Key)> WaitAsync(
        LinkedListNode<TaskCompletionSource<(bool, TKey)>> worker, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            // Still in the list, so no key was assigned to this worker.
            lock (_lock)
            {
                if (worker.List is null) return;
                _workers.Remove(worker);
            }
            worker.Value.TrySetCanceled(cancellationToken);
        });
        return await worker.Value.Task;
    }

    private void Enqueue(TKey key, bool isUrgent)
    {
        _lanes.Add(key, isUrgent);
        if (_workers.First is { } worker && TryTake(out var taken))
        {
            _workers.RemoveFirst();
            worker.Value.TrySetResult((true, taken));
        }
    }

    private bool TryTake(out TKey key)
    {
        if (!_lanes.TryTake(out key)) return false;

        var now = _time.GetTimestamp();
        _dirty.Remove(key, out var since);
        _processing[key] = now;
        _metrics.Taken(_time.GetElapsedTime(since, now));
        return true;
    }

    private void CompleteDrains()
    {
        if (!_isShutDown || _dirty.Count > 0 || _processing.Count > 0) return;
        foreach (var drain in _drains) drain.TrySetResult();
        _drains.Clear();
    }

    private double WorkedOn(Func<IEnumerable<double>, double> summary)
    {
        lock (_lock) return summary(_processing.Values.Select(begin => _time.GetElapsedTime(begin).TotalSeconds));
    }
}
