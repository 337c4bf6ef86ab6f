using System.Numerics;

namespace NetProfiler.Analysis.Buffers;

/// <summary>
/// Buffers for incomplete messages, kept for reuse. The runtime's shared pool trims its buffers after a garbage collection, so the next
/// message would allocate again. Ring-buffer thread only.
/// </summary>
/// <param name="maxKeptBytes">
/// Number of free bytes kept, besides <see cref="MinKept"/> buffers of each size. As much as is returned at once and rented again soon
/// after: buffers beyond are garbage, of which the heap may hold several times what is in use.
/// </param>
internal sealed class HeldBuffers(long maxKeptBytes = 0)
{
    private const int MinBytes = 512;

    /// <summary>Number of free buffers of each size that are kept in any case.</summary>
    private const int MinKept = 64;

    // Indexed by size: 512 bytes, 1 KiB, ... HeldBytes.MaxBytes.
    private readonly Stack<byte[]>[] _free =
        [.. Enumerable.Range(0, BitOperations.Log2(Buffers.HeldBytes.MaxBytes / MinBytes) + 1).Select(_ => new Stack<byte[]>(MinKept))];

    private long _keptBytes;

    /// <summary>Number of bytes of the rented buffers and of the memory added with <see cref="Count"/>.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Adds memory that is not one of these buffers, but counts against the same budget.</summary>
    public void Count(long bytes) => HeldBytes += bytes;

    /// <summary>Rents a buffer of at least the given size.</summary>
    public byte[] Rent(int bytes)
    {
        int size = SizeOf(bytes);
        HeldBytes += MinBytes << size;
        if (!_free[size].TryPop(out var free)) return new byte[MinBytes << size];
        _keptBytes -= free.Length;
        return free;
    }

    public void Return(byte[] buffer)
    {
        HeldBytes -= buffer.Length;
        var free = _free[SizeOf(buffer.Length)];
        if (free.Count >= MinKept && _keptBytes + buffer.Length > maxKeptBytes) return;
        free.Push(buffer);
        _keptBytes += buffer.Length;
    }

    /// <summary>The size of the buffer that holds the given number of bytes.</summary>
    public static int RoundUp(int bytes) => MinBytes << SizeOf(bytes);

    private static int SizeOf(int bytes) =>
        bytes <= MinBytes ? 0 : BitOperations.Log2((uint)(bytes - 1)) - BitOperations.Log2(MinBytes) + 1;
}
