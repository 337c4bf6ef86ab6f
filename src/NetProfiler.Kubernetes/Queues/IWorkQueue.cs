namespace NetProfiler.Kubernetes.Queues;

/// <summary>
/// A queue of keys to process. A key is with at most one worker at a time; a key that is added while it is processed is queued again after
/// <see cref="Done"/>. So no key is processed concurrently, and no wake-up is lost.
/// </summary>
public interface IWorkQueue<TKey>
    where TKey : notnull
{
    int Count { get; }

    /// <summary>Queues the key. No effect if it is queued already.</summary>
    /// <param name="isUrgent">If false, the key is queued after all urgent ones, such as the objects of the initial list.</param>
    void Add(TKey key, bool isUrgent = true);

    /// <summary>Queues the key after a delay. If it is added several times, the earliest time applies.</summary>
    void AddAfter(TKey key, TimeSpan delay);

    /// <summary>Queues the key after a delay that doubles with each call until <see cref="Forget"/>.</summary>
    void AddRateLimited(TKey key);

    /// <summary>Waits for a key. HasKey is false if the queue is shut down and empty.</summary>
    ValueTask<(bool HasKey, TKey Key)> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Must be called for each key from <see cref="GetAsync"/> after it has been processed.</summary>
    void Done(TKey key);

    /// <summary>Resets the key's delay after success.</summary>
    void Forget(TKey key);

    /// <summary>Number of calls of <see cref="AddRateLimited"/> since <see cref="Forget"/>.</summary>
    int Retries(TKey key);

    /// <summary>Stops accepting keys; queued keys are still returned, and keys in progress may complete.</summary>
    void ShutDown();

    /// <summary>Shuts down, and waits until no key is queued or in progress.</summary>
    Task ShutDownAndDrainAsync(CancellationToken cancellationToken = default);
}
