namespace NetProfiler.Node.Loops;

/// <summary>
/// The thread that owns the pipeline, for as long as its loop runs. Questions that come after it are answered by whoever asks.
/// </summary>
internal sealed class LoopThread(string name, ThreadPriority priority, Action loop, Questions questions)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the loop has; faults when the loop did.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { Name = name, IsBackground = true, Priority = priority }.Start();

    private void Run()
    {
        try
        {
            loop();
            questions.Close();
            _ended.SetResult();
        }
        catch (Exception failure)
        {
            questions.Close();
            _ended.SetException(failure);
        }
    }
}
