using System.Buffers;

namespace NetProfiler.Node.Output;

/// <summary>Passes printed lines from the ring-buffer thread to a thread of its own, which may block.</summary>
/// <remarks>
/// It does not use the thread pool, whose threads search for more work before they sleep; per chunk, that costs more than all the lines in
/// it.
/// </remarks>
internal sealed class LineOutput : IAsyncDisposable
{
    public const int ChunkBytes = 64 * 1024;

    /// <summary>Maximum number of chunks that wait for a slow reader, 64 MiB; further ones are dropped and their lines counted.</summary>
    private const int MaxChunks = 1024;

    private readonly object _lock = new(); // awaited by the writer for chunks, and by a patient source for room
    private readonly Queue<(byte[] Chunk, int Length, int Lines)> _chunks = [];
    private readonly Stream _stream;
    private readonly bool _isPatient;
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;
    private long _droppedLines;
    private long _unwrittenLines;
    private volatile string? _failure;

    /// <param name="isPatient">If true, the source waits for a slow reader; otherwise, lines without room are dropped.</param>
    public LineOutput(Stream stream, bool isPatient)
    {
        _stream = stream;
        _isPatient = isPatient;
        new Thread(Run) { IsBackground = true, Name = "output" }.Start();
    }

    /// <summary>Number of lines dropped because the reader was slow.</summary>
    public long DroppedLines => Interlocked.Read(ref _droppedLines);

    /// <summary>Number of lines that were not written, or only in part, since <see cref="Failure"/>.</summary>
    public long UnwrittenLines => Interlocked.Read(ref _unwrittenLines);

    /// <summary>Completes when no more lines can be written: the reader closed its pipe, or <see cref="Failure"/> is the reason.</summary>
    public Task Broken => _broken.Task;

    /// <summary>
    /// Why lines cannot be written, such as a full disk. Null if they can, and after a closed pipe, which is an ordinary end.
    /// </summary>
    public string? Failure => _failure;

    /// <summary>Copies whole lines to the queue. If not patient, drops them when there is no room.</summary>
    public void Offer(ReadOnlySpan<byte> lines, int count)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(lines.Length);
        lines.CopyTo(chunk);
        lock (_lock)
        {
            while (_isPatient && !_isComplete && _chunks.Count == MaxChunks) Monitor.Wait(_lock);
            if (_chunks.Count < MaxChunks && !_isComplete)
            {
                _chunks.Enqueue((chunk, lines.Length, count));
                Monitor.PulseAll(_lock);
                return;
            }
        }

        ArrayPool<byte>.Shared.Return(chunk);
        Interlocked.Add(ref _droppedLines, count);
    }

    /// <summary>Completes when all offered lines have been written.</summary>
    public async ValueTask DisposeAsync()
    {
        Complete();
        await _written.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        try
        {
            while (Next() is var (chunk, length, lines))
            {
                Write(chunk.AsSpan(0, length), lines);
                ArrayPool<byte>.Shared.Return(chunk);
            }

            _written.SetResult();
        }
        catch (Exception fault)
        {
            _written.SetException(fault);
            _broken.TrySetResult();
            Complete();
        }
    }

    private void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Null if there are no more chunks.</summary>
    private (byte[] Chunk, int Length, int Lines)? Next()
    {
        lock (_lock)
        {
            while (_chunks.Count == 0 && !_isComplete) Monitor.Wait(_lock);
            if (!_chunks.TryDequeue(out var next)) return null;
            Monitor.PulseAll(_lock);
            return next;
        }
    }

    private void Write(ReadOnlySpan<byte> lines, int count)
    {
        if (!_broken.Task.IsCompleted)
        {
            try
            {
                _stream.Write(lines);
                _stream.Flush();
                return;
            }
            catch (IOException failure)
            {
                if (!StandardOutput.IsClosedPipe(failure)) _failure = FileFault.Of(failure);
                _broken.TrySetResult();
            }
        }

        if (_failure is not null) Interlocked.Add(ref _unwrittenLines, count);
    }
}
