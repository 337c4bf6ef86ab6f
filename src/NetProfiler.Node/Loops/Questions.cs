using System.Collections.Concurrent;

namespace NetProfiler.Node.Loops;

/// <summary>Questions from other threads to the thread that owns the pipeline, which answers them between events.</summary>
internal sealed class Questions
{
    private readonly ConcurrentQueue<Action> _asked = new();
    private volatile bool _isClosed;

    /// <summary>Runs a question on the owner's thread. It must return quickly.</summary>
    public async Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation = default)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Enqueue(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (Exception failure)
            {
                answer.SetException(failure);
            }
        });
        if (_isClosed) Answer();
        return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The owner's thread only.</summary>
    public void Answer()
    {
        while (_asked.TryDequeue(out var question)) question();
    }

    /// <summary>The owner has ended, and its state no longer changes: from now on, questions are answered on the calling thread.</summary>
    public void Close()
    {
        _isClosed = true;
        Answer();
    }
}
