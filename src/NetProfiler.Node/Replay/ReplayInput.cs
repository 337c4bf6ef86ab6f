using System.Collections.Concurrent;

namespace NetProfiler.Node.Replay;

/// <summary>
/// Reads a file or pipe ahead on a thread of its own, so that the consumer can do other work while it waits, and can stop waiting.
/// </summary>
internal sealed class ReplayInput : Stream
{
    private const int ChunkBytes = 256 * 1024;
    private const int MaxChunks = 4;
    private const int IdleMilliseconds = 20;

    private readonly Stream _stream;
    private readonly BlockingCollection<(byte[] Chunk, int Length)> _ready = new(MaxChunks);
    private readonly BlockingCollection<byte[]> _free = [];
    private readonly Action _onIdle;
    private readonly Func<bool> _isStopping;
    private byte[] _chunk = [];
    private int _length;
    private int _taken;
    private long _bytesRead;
    private Exception? _failure;

    /// <param name="onIdle">Called on the reading side before it waits, and repeatedly while it waits.</param>
    /// <param name="isStopping">Once true, the stream ends.</param>
    public ReplayInput(Stream stream, Action onIdle, Func<bool> isStopping)
    {
        _stream = stream;
        _onIdle = onIdle;
        _isStopping = isStopping;
        for (int i = 0; i < MaxChunks; i++) _free.Add(new byte[ChunkBytes]);
        new Thread(ReadAhead) { Name = "read-ahead", IsBackground = true }.Start();
    }

    /// <summary>Number of bytes consumed so far. Any thread.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_taken == _length && !TryTakeChunk()) return 0;
        int read = int.Min(count, _length - _taken);
        Array.Copy(_chunk, _taken, buffer, offset, read);
        _taken += read;
        Interlocked.Add(ref _bytesRead, read);
        return read;
    }

    private bool TryTakeChunk()
    {
        if (_chunk.Length > 0) _free.Add(_chunk);
        (_chunk, _length, _taken) = ([], 0, 0);
        (byte[] Chunk, int Length) ready;
        for (int wait = 0; !_ready.TryTake(out ready, wait); wait = IdleMilliseconds)
        {
            _onIdle();
            if (_isStopping()) return false;
            if (!_ready.IsCompleted) continue;
            return _failure is null ? false : throw new IOException(_failure.Message, _failure);
        }

        (_chunk, _length) = ready;
        return true;
    }

    private void ReadAhead()
    {
        try
        {
            while (true)
            {
                var chunk = _free.Take();
                int length = _stream.Read(chunk, 0, chunk.Length);
                if (length == 0) break;
                _ready.Add((chunk, length));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _failure = failure;
        }

        _ready.CompleteAdding();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
