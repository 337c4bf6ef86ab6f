using System.Buffers;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>
/// Bytes captured during receives, held until the call returns and it is certain that they were received and not only peeked at:
/// <c>RECORD_STAGED</c> of bpf/capture.h. Allocates only for new threads and larger amounts.
/// </summary>
internal sealed class StagedReceives
{
    /// <summary>Maximum number of threads in a receive at the same time; the bytes of further ones are a gap.</summary>
    private const int MaxThreads = 4096;

    /// <summary>Maximum number of bytes held for all threads; further bytes are a gap.</summary>
    private const int MaxBytes = 32 * 1024 * 1024;

    private readonly Dictionary<uint, StagedReceive> _byThread = [];
    private int _held;

    public void Add(in DataRecord record, ReadOnlySpan<byte> bytes)
    {
        if (!_byThread.TryGetValue(record.staged_by, out var receive))
        {
            if (_byThread.Count >= MaxThreads) RemoveIdle();
            if (_byThread.Count >= MaxThreads) return;
            _byThread.Add(record.staged_by, receive = new StagedReceive());
        }

        if (record.position == 0) Release(receive); // a peek, or a call that failed
        if (_held + bytes.Length > MaxBytes) return;
        receive.Add(record, bytes);
        _held += bytes.Length;
    }

    /// <summary>The bytes that the thread has received, to be released by the caller. Null if there are none.</summary>
    public StagedReceive? Find(uint thread) => _byThread.GetValueOrDefault(thread);

    public void Release(StagedReceive receive)
    {
        _held -= receive.Bytes;
        receive.Clear();
    }

    private void RemoveIdle()
    {
        foreach (var (thread, receive) in _byThread)
        {
            if (receive.Bytes == 0) _byThread.Remove(thread);
        }
    }
}

/// <summary>The pieces of one receive, each from another packet.</summary>
internal sealed class StagedReceive
{
    internal readonly record struct Piece(uint Position, uint Length, uint Offset, byte Flags, int Start, int Count);

    private readonly List<Piece> _pieces = [];
    private byte[] _buffer = [];

    public int Bytes { get; private set; }

    public int Pieces => _pieces.Count;

    public Piece this[int index] => _pieces[index];

    public ReadOnlySpan<byte> BytesOf(in Piece piece) => _buffer.AsSpan(piece.Start, piece.Count);

    public void Add(in DataRecord record, ReadOnlySpan<byte> bytes)
    {
        if (Bytes + bytes.Length > _buffer.Length) Grow(Bytes + bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(Bytes));
        _pieces.Add(new Piece(record.position, record.length, record.offset, record.header.flags, Bytes, bytes.Length));
        Bytes += bytes.Length;
    }

    public void Clear()
    {
        _pieces.Clear();
        Bytes = 0;
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Grow(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, Bytes).CopyTo(larger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
