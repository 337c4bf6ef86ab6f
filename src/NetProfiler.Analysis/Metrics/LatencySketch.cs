using System.Numerics;

namespace NetProfiler.Analysis.Metrics;

/// <summary>Counts durations in buckets of at most 1/32 of their value, for quantiles within about 3 %.</summary>
public sealed class LatencySketch
{
    private const int SubBits = 5;
    private const int SubBuckets = 1 << SubBits;
    private readonly long[] _counts = new long[(64 - SubBits) * SubBuckets];

    public long Count { get; private set; }

    public long MaxNanoseconds { get; private set; }

    public void Add(long nanoseconds)
    {
        _counts[BucketOf(nanoseconds)]++;
        Count++;
        MaxNanoseconds = long.Max(MaxNanoseconds, nanoseconds);
    }

    /// <summary>The duration that the share <paramref name="quantile"/> of all is not above; 0 when there are none.</summary>
    public long Quantile(double quantile)
    {
        long rank = (long)Math.Ceiling(quantile * Count);
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            rank -= _counts[bucket];
            if (rank <= 0 && Count > 0) return long.Min(UpperBoundOf(bucket), MaxNanoseconds);
        }

        return 0;
    }

    public LatencySketch Snapshot()
    {
        var copy = new LatencySketch { Count = Count, MaxNanoseconds = MaxNanoseconds };
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    private static int BucketOf(long value)
    {
        if (value < SubBuckets) return (int)long.Max(0, value);
        int exponent = BitOperations.Log2((ulong)value) - SubBits;
        return (exponent + 1) * SubBuckets + (int)(value >> exponent) - SubBuckets;
    }

    private static long UpperBoundOf(int bucket)
    {
        if (bucket < SubBuckets) return bucket;
        int exponent = bucket / SubBuckets - 1;
        return ((long)(bucket % SubBuckets + SubBuckets + 1) << exponent) - 1;
    }
}
