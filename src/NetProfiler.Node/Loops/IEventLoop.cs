namespace NetProfiler.Node.Loops;

/// <summary>The thread that owns the pipeline and everything behind it. Others ask it for what they want to know.</summary>
internal interface IEventLoop
{
    /// <summary>Ends when the last event was handed on; faults when the loop did.</summary>
    Task Ended { get; }

    void Start();

    /// <summary>Asks it to end. <see cref="Ended"/> says when it has.</summary>
    void Stop();

    Questions Questions { get; }
}
