using System.Buffers;

namespace NetProfiler.Node.Output;

/// <summary>The hand-over of printed lines: offered by the ring-buffer thread, written by a thread of its own, which may wait.</summary>
/// <remarks>
/// Not by the thread pool: its threads look for more work for a while before they sleep, which at each hand-over costs more than all the
/// lines in it.
/// </remarks>
internal sealed class LineOutput : IAsyncDisposable
{
    public const int ChunkBytes = 64 * 1024;

    /// <summary>Most chunks that wait for a slow reader, 64 MiB; further ones are dropped and their lines counted.</summary>
    private const int MaxChunks = 1024;

    private readonly object _lock = new(); // waited at: by the writer for chunks, by a patient offerer for room
    private readonly Queue<(byte[] Chunk, int Length, int Lines)> _chunks = [];
    private readonly Stream _stream;
    private readonly bool _isPatient;
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;
    private long _droppedLines;
    private long _unwrittenLines;
    private volatile string? _failure;

    /// <param name="isPatient">Whoever offers lines waits for a slow reader; else what finds no room is dropped.</param>
    public LineOutput(Stream stream, bool isPatient)
    {
        _stream = stream;
        _isPatient = isPatient;
        new Thread(Run) { IsBackground = true, Name = "output" }.Start();
    }

    /// <summary>Lines that found no room because the reader was slow.</summary>
    public long DroppedLines => Interlocked.Read(ref _droppedLines);

    /// <summary>Lines that could not be written, or not to their end, since <see cref="Failure"/>.</summary>
    public long UnwrittenLines => Interlocked.Read(ref _unwrittenLines);

    /// <summary>Ends when no line can be written any more: the reader closed its pipe, or <see cref="Failure"/> says why.</summary>
    public Task Broken => _broken.Task;

    /// <summary>
    /// Why lines cannot be written, such as a full disk. Null if they can, and after a closed pipe, which is an ordinary end.
    /// </summary>
    public string? Failure => _failure;

    /// <summary>Takes a copy of whole lines; without patience, drops them when there is no room.</summary>
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

    /// <summary>Ends when everything is written that was offered.</summary>
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

    /// <summary>Null: there is none, and none will come.</summary>
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
