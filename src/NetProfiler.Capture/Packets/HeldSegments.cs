using System.Buffers;

namespace NetProfiler.Capture.Packets;

/// <summary>A part of a TCP stream that arrived out of order.</summary>
/// <param name="Captured">Number of bytes captured, out of <paramref name="Length"/> on the wire.</param>
/// <param name="Acknowledged">What the packet acknowledged of the other direction. Null if nothing.</param>
internal readonly record struct HeldSegment(
    uint Sequence, int Length, byte[] Bytes, int Captured, long TimeNanoseconds, bool IsPushed, uint? Acknowledged)
{
    public uint End => Sequence + (uint)Length;
}

/// <summary>Segments that wait for missing earlier ones, in order and without overlap: the first copy of a byte is kept.</summary>
internal sealed class HeldSegments
{
    private readonly List<HeldSegment> _segments = [];

    public int Count => _segments.Count;

    public HeldSegment First => _segments[0];

    public uint End => _segments[^1].End;

    /// <summary>Copies the part of a segment that is not held yet; returns the number of bytes copied.</summary>
    public int Add(uint next, uint sequence, ReadOnlySpan<byte> captured, int length, long time, bool isPushed, uint? acknowledged)
    {
        int taken = 0;
        uint cursor = sequence, end = sequence + (uint)length;
        for (int i = 0; i <= _segments.Count && cursor != end; i++)
        {
            bool isLast = i == _segments.Count;
            uint until = isLast || Distance(next, _segments[i].Sequence) > Distance(next, end) ? end : _segments[i].Sequence;
            if (Distance(next, until) > Distance(next, cursor))
            {
                var piece = Piece(captured, (int)(cursor - sequence), (int)(until - cursor));
                var copy = ArrayPool<byte>.Shared.Rent(int.Max(1, piece.Length));
                piece.CopyTo(copy);
                _segments.Insert(i, new HeldSegment(cursor, (int)(until - cursor), copy, piece.Length, time, isPushed && until == end,
                    acknowledged));
                taken += piece.Length;
                cursor = until;
                continue; // the next segment has moved to this index
            }

            if (!isLast && Distance(next, _segments[i].End) > Distance(next, cursor))
                cursor = Distance(next, _segments[i].End) < Distance(next, end) ? _segments[i].End : end;
        }

        return taken;
    }

    /// <summary>Removes the first segment; its bytes are returned to the pool with <see cref="Release"/>.</summary>
    public HeldSegment TakeFirst()
    {
        var first = _segments[0];
        _segments.RemoveAt(0);
        return first;
    }

    public static void Release(in HeldSegment segment) => ArrayPool<byte>.Shared.Return(segment.Bytes);

    // Only segments ahead of the next byte are held.
    private static uint Distance(uint next, uint sequence) => sequence - next;

    private static ReadOnlySpan<byte> Piece(ReadOnlySpan<byte> captured, int start, int length) =>
        start >= captured.Length ? default : captured.Slice(start, int.Min(length, captured.Length - start));
}
