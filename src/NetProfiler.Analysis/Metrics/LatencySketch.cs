using System.Numerics;

namespace NetProfiler.Analysis.Metrics;

/// <summary>
/// Counts durations in buckets of at most 1/32 of their value, for quantiles accurate within about 3 %. Sketches from several sources can
/// be merged, in any order and grouping, with the same result.
/// </summary>
/// <remarks>
/// A resolution r ≥ 0 has 2^r buckets per doubling of the duration; below 0, a bucket spans 2^-r doublings. The bounds of a resolution are
/// a subset of those of every finer one, so counts can be converted to a coarser resolution exactly, with a deterministic result.
/// </remarks>
public sealed class LatencySketch
{
    /// <summary>Maximum size of an encoded sketch.</summary>
    public const int MaxEncodedBytes = 1024;

    /// <summary>
    /// Maximum encoded size where there are many sketches, such as one per edge of a topology: quantiles are accurate within about an
    /// eighth.
    /// </summary>
    public const int CoarseEncodedBytes = 256;

    internal const int FinestResolution = 5;

    private const int CoarseResolution = 3;

    /// <summary>The resolution with one bucket for all durations.</summary>
    internal const int CoarsestResolution = -6;

    /// <summary>Maximum size of the coarsest sketch: head, longest duration, one bucket.</summary>
    private const int MinEncodedBytes = 1 + 9 + 1 + 9;

    private readonly long[] _counts;

    public LatencySketch() : this(FinestResolution)
    {
    }

    /// <summary>A sketch whose quantiles are accurate within an eighth, in a quarter of the memory: 4 KiB.</summary>
    public static LatencySketch Coarse() => new(CoarseResolution);

    private LatencySketch(int resolution)
    {
        Resolution = resolution;
        _counts = new long[BucketOf(long.MaxValue, resolution) + 1];
    }

    public long Count { get; private set; }

    public long MaxNanoseconds { get; private set; }

    internal int Resolution { get; }

    public void Add(long nanoseconds)
    {
        _counts[BucketOf(nanoseconds, Resolution)]++;
        Count++;
        MaxNanoseconds = long.Max(MaxNanoseconds, nanoseconds);
    }

    /// <summary>The duration that the share <paramref name="quantile"/> of all durations does not exceed; 0 if there are none.</summary>
    public long Quantile(double quantile)
    {
        long rank = (long)Math.Ceiling(quantile * Count);
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            rank -= _counts[bucket];
            if (rank <= 0 && Count > 0) return long.Min(UpperBoundOf(bucket, Resolution), MaxNanoseconds);
        }

        return 0;
    }

    /// <summary>
    /// Counts by power of two: element i counts durations from 2^i to less than 2^(i+1) nanoseconds; the first also those below 2 ns.
    /// </summary>
    public void CountByPower(Span<long> powers)
    {
        powers.Clear();
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            if (_counts[bucket] == 0) continue;
            int power = BitOperations.Log2((ulong)long.Max(1, UpperBoundOf(bucket, Resolution)));
            powers[int.Min(power, powers.Length - 1)] += _counts[bucket];
        }
    }

    public LatencySketch Snapshot()
    {
        var copy = new LatencySketch(Resolution) { Count = Count, MaxNanoseconds = MaxNanoseconds };
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    /// <summary>
    /// The sum of two sketches, at the coarser resolution of the two. Neither is modified. Counts saturate at the maximum value.
    /// </summary>
    public static LatencySketch Merge(LatencySketch left, LatencySketch right)
    {
        var merged = left.At(int.Min(left.Resolution, right.Resolution));
        merged.AddAll(right);
        return merged;
    }

    /// <summary>Encodes the sketch at the finest resolution, up to its own, that fits into the given size.</summary>
    public byte[] Encode(int maxBytes = MaxEncodedBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, MinEncodedBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, MaxEncodedBytes);

        Span<byte> buffer = stackalloc byte[MaxEncodedBytes];
        var sketch = this;
        int length;
        while (!LatencySketchCoding.TryWrite(buffer[..maxBytes], sketch.Resolution, sketch.MaxNanoseconds, sketch._counts, out length))
            sketch = sketch.At(sketch.Resolution - 1);

        return buffer[..length].ToArray();
    }

    /// <summary>False if the bytes were not written by <see cref="Encode"/>. Never throws, whatever the input.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out LatencySketch sketch)
    {
        sketch = new LatencySketch(CoarsestResolution);
        if (encoded.Length > MaxEncodedBytes || !LatencySketchCoding.TryReadHead(ref encoded, out int resolution, out long max))
            return false;

        var read = new LatencySketch(resolution) { MaxNanoseconds = max };
        int bucket = -1;
        while (!encoded.IsEmpty)
        {
            if (!LatencySketchCoding.TryReadBucket(ref encoded, read._counts.Length, ref bucket, out long count)) return false;
            read._counts[bucket] = count;
            read.Count = Sum(read.Count, count);
        }

        // The longest duration must be in the last non-empty bucket.
        if (bucket != (read.Count == 0 ? -1 : BucketOf(max, resolution)) || (read.Count == 0 && max != 0)) return false;
        sketch = read;
        return true;
    }

    private LatencySketch At(int resolution)
    {
        var coarse = new LatencySketch(resolution);
        coarse.AddAll(this);
        return coarse;
    }

    /// <summary>Adds the counts of a sketch of the same or a finer resolution.</summary>
    private void AddAll(LatencySketch other)
    {
        for (int bucket = 0; bucket < other._counts.Length; bucket++)
        {
            if (other._counts[bucket] == 0) continue;
            ref long count = ref _counts[BucketOf(UpperBoundOf(bucket, other.Resolution), Resolution)];
            count = Sum(count, other._counts[bucket]);
        }

        Count = Sum(Count, other.Count);
        MaxNanoseconds = long.Max(MaxNanoseconds, other.MaxNanoseconds);
    }

    private static long Sum(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;

    private static int BucketOf(long value, int resolution)
    {
        int subBits = int.Max(0, resolution);
        if (value < 1L << subBits) return (int)long.Max(0, value);
        int exponent = BitOperations.Log2((ulong)value) - subBits;
        int bucket = (exponent << subBits) + (int)(value >> exponent);
        return resolution < 0 ? bucket >> -resolution : bucket;
    }

    private static long UpperBoundOf(int bucket, int resolution)
    {
        int subBits = int.Max(0, resolution);
        if (resolution < 0) bucket = int.Min(((bucket + 1) << -resolution) - 1, 63);
        if (bucket < 1 << subBits) return bucket;
        int exponent = (bucket >> subBits) - 1;
        long first = (bucket & ((1 << subBits) - 1)) + (1L << subBits);
        return (long)(((ulong)(first + 1) << exponent) - 1);
    }
}
