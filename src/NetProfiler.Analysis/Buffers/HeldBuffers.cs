using System.Numerics;

namespace NetProfiler.Analysis.Buffers;

/// <summary>
/// Buffers for bytes that wait, kept for use again. The shared pool of the runtime lets go of its own after a collection, and
/// the next message would allocate. Ring-buffer thread only.
/// </summary>
/// <param name="maxKeptBytes">Of each size, or <see cref="MinKept"/> buffers where that is more.</param>
internal sealed class HeldBuffers(int maxKeptBytes = 0)
{
    private const int MinBytes = 512;

    /// <summary>Buffers of one size kept; more are left to the collector.</summary>
    private const int MinKept = 64;

    // By size: 512 bytes, 1 KiB, ... HeldBytes.MaxBytes.
    private readonly Stack<byte[]>[] _free =
        [.. Enumerable.Range(0, BitOperations.Log2(Buffers.HeldBytes.MaxBytes / MinBytes) + 1).Select(_ => new Stack<byte[]>(MinKept))];

    /// <summary>Bytes of the buffers that are in use, and of what else was added to them.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Memory that is no buffer of these and counts like them.</summary>
    public void Count(long bytes) => HeldBytes += bytes;

    /// <summary>A buffer of at least so many bytes.</summary>
    public byte[] Rent(int bytes)
    {
        int size = SizeOf(bytes);
        HeldBytes += MinBytes << size;
        return _free[size].TryPop(out var free) ? free : new byte[MinBytes << size];
    }

    public void Return(byte[] buffer)
    {
        HeldBytes -= buffer.Length;
        var free = _free[SizeOf(buffer.Length)];
        if (free.Count < int.Max(MinKept, maxKeptBytes / buffer.Length)) free.Push(buffer);
    }

    /// <summary>The size of the buffer for so many bytes.</summary>
    public static int RoundUp(int bytes) => MinBytes << SizeOf(bytes);

    private static int SizeOf(int bytes) =>
        bytes <= MinBytes ? 0 : BitOperations.Log2((uint)(bytes - 1)) - BitOperations.Log2(MinBytes) + 1;
}
