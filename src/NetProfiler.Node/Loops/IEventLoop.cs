namespace NetProfiler.Node.Loops;

/// <summary>The thread that owns the pipeline and all of its state. Other threads send it questions.</summary>
internal interface IEventLoop
{
    /// <summary>Completes when the last event has been processed; faulted if the loop failed.</summary>
    Task Ended { get; }

    void Start();

    /// <summary>Requests the end of the loop; it is reached when <see cref="Ended"/> completes.</summary>
    void Stop();

    Questions Questions { get; }
}
