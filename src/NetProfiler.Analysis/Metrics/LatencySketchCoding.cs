namespace NetProfiler.Analysis.Metrics;

/// <summary>
/// The binary form of a sketch: one byte with format and resolution, the longest duration, and for every non-empty bucket the number of
/// empty ones before it and its count. Numbers are varints as in protocol buffers (seven bits per byte, lowest first), of minimal length,
/// so that equal sketches have equal bytes.
/// </summary>
internal static class LatencySketchCoding
{
    private const int Format = 1;

    public static bool TryWrite(Span<byte> output, int resolution, long max, ReadOnlySpan<long> counts, out int length)
    {
        output[0] = (byte)(Format << 4 | resolution - LatencySketch.CoarsestResolution);
        length = 1;
        if (!TryWriteNumber(output, max, ref length)) return false;

        int empty = 0;
        foreach (long count in counts)
        {
            if (count == 0)
            {
                empty++;
                continue;
            }

            if (!TryWriteNumber(output, empty, ref length) || !TryWriteNumber(output, count, ref length)) return false;
            empty = 0;
        }

        return true;
    }

    public static bool TryReadHead(ref ReadOnlySpan<byte> input, out int resolution, out long max)
    {
        (resolution, max) = (0, 0);
        if (input.IsEmpty || input[0] >> 4 != Format) return false;
        resolution = (input[0] & 15) + LatencySketch.CoarsestResolution;
        input = input[1..];
        return resolution <= LatencySketch.FinestResolution && TryReadNumber(ref input, out max);
    }

    /// <param name="bucket">The previous bucket; on return, this one.</param>
    public static bool TryReadBucket(ref ReadOnlySpan<byte> input, int buckets, ref int bucket, out long count)
    {
        count = 0;
        if (!TryReadNumber(ref input, out long empty) || empty >= buckets - (bucket + 1)) return false;
        bucket += (int)empty + 1;
        return TryReadNumber(ref input, out count) && count > 0;
    }

    private static bool TryWriteNumber(Span<byte> output, long number, ref int length)
    {
        for (ulong left = (ulong)number; ; left >>= 7)
        {
            if (length == output.Length) return false;
            output[length++] = (byte)(left < 128 ? left : left & 127 | 128);
            if (left < 128) return true;
        }
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> input, out long number)
    {
        number = 0;
        // Nine bytes hold every non-negative number.
        for (int i = 0; i < int.Min(input.Length, 9); i++)
        {
            number |= (long)(input[i] & 127) << (7 * i);
            if (input[i] >= 128) continue;

            bool isShortest = i == 0 || input[i] != 0;
            input = input[(i + 1)..];
            return isShortest;
        }

        return false;
    }
}
