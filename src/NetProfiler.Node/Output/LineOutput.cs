using System.Buffers;
using System.Threading.Channels;

namespace NetProfiler.Node.Output;

/// <summary>The hand-over of printed lines: offered by the ring-buffer thread, written by one that may wait.</summary>
internal sealed class LineOutput : IAsyncDisposable
{
    public const int ChunkBytes = 64 * 1024;

    /// <summary>Most chunks that wait for a slow reader, 64 MiB; further ones are dropped and their lines counted.</summary>
    private const int MaxChunks = 1024;

    private readonly Channel<(byte[] Chunk, int Length)> _chunks = Channel.CreateBounded<(byte[], int)>(MaxChunks);
    private readonly Stream _stream;
    private readonly Task _writing;
    private long _droppedLines;

    private readonly bool _isPatient;

    /// <param name="isPatient">Whoever offers lines waits for a slow reader; else what finds no room is dropped.</param>
    public LineOutput(Stream stream, bool isPatient)
    {
        _stream = stream;
        _isPatient = isPatient;
        _writing = WriteAsync();
    }

    /// <summary>Lines that found no room because the reader was slow, or gone.</summary>
    public long DroppedLines => Interlocked.Read(ref _droppedLines);

    /// <summary>Ends when the reader is gone (a closed pipe): nobody is interested any more.</summary>
    public Task Broken => _broken.Task;

    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes a copy of whole lines; without patience, drops them when there is no room.</summary>
    public void Offer(ReadOnlySpan<byte> lines, int count)
    {
        var chunk = ArrayPool<byte>.Shared.Rent(lines.Length);
        lines.CopyTo(chunk);
        if (_chunks.Writer.TryWrite((chunk, lines.Length))) return;
        if (_isPatient)
        {
            _chunks.Writer.WriteAsync((chunk, lines.Length)).AsTask().GetAwaiter().GetResult();
            return;
        }

        ArrayPool<byte>.Shared.Return(chunk);
        Interlocked.Add(ref _droppedLines, count);
    }

    public async ValueTask DisposeAsync()
    {
        _chunks.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        await foreach (var (chunk, length) in _chunks.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                if (!_broken.Task.IsCompleted)
                {
                    await _stream.WriteAsync(chunk.AsMemory(0, length)).ConfigureAwait(false);
                    await _stream.FlushAsync().ConfigureAwait(false);
                }
            }
            catch (IOException)
            {
                _broken.TrySetResult();
            }

            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
