namespace NetProfiler.Kubernetes.Queues;

/// <summary>
/// Keys of what is to be done. A key is with at most one worker at a time; one that is added while it is worked on comes again after
/// <see cref="Done"/>. So nothing is done twice at once and no wake-up is lost.
/// </summary>
public interface IWorkQueue<TKey>
    where TKey : notnull
{
    int Count { get; }

    /// <summary>As soon as a worker is free. Waiting already: nothing happens.</summary>
    /// <param name="isUrgent">False: after those that are, such as all the objects of a start.</param>
    void Add(TKey key, bool isUrgent = true);

    /// <summary>Not before that; of several times the earliest counts.</summary>
    void AddAfter(TKey key, TimeSpan delay);

    /// <summary>After a delay that doubles with each time until <see cref="Forget"/>.</summary>
    void AddRateLimited(TKey key);

    /// <summary>Waits for a key. False: the queue is shut down and empty.</summary>
    ValueTask<(bool HasKey, TKey Key)> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Must follow each key that <see cref="GetAsync"/> gave.</summary>
    void Done(TKey key);

    /// <summary>It went well: the next delay is the first again.</summary>
    void Forget(TKey key);

    /// <summary>How often <see cref="AddRateLimited"/> was called since <see cref="Forget"/>.</summary>
    int Retries(TKey key);

    /// <summary>No more keys are taken; what waits is given out, and what is being worked on may end.</summary>
    void ShutDown();

    /// <summary>Shuts down and waits until nothing waits and nobody works.</summary>
    Task ShutDownAndDrainAsync(CancellationToken cancellationToken = default);
}
