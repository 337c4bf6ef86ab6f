using System.Collections.Concurrent;

namespace NetProfiler.Node.Loops;

/// <summary>What other threads want to know of the one that owns the pipeline; it answers when it has a moment.</summary>
internal sealed class Questions
{
    private readonly ConcurrentQueue<Action> _asked = new();
    private volatile bool _isClosed;

    /// <summary>Runs a question on the owner's thread. It must be quick.</summary>
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

    /// <summary>The owner ends, and changes nothing any more: from now on whoever asks finds the answer himself.</summary>
    public void Close()
    {
        _isClosed = true;
        Answer();
    }
}
