namespace NetProfiler.Node.Loops;

/// <summary>The thread that owns the pipeline, while its loop runs. Questions after its end are answered on the calling thread.</summary>
internal sealed class LoopThread(string name, ThreadPriority priority, Action loop, Questions questions)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the loop has ended; faulted if it failed.</summary>
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
