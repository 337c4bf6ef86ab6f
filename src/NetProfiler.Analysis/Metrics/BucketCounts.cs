namespace NetProfiler.Analysis.Metrics;

/// <summary>A histogram with fixed bounds, upper bounds inclusive; counts and sum are exact. Ring-buffer thread only.</summary>
public sealed class BucketCounts(long[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];

    /// <summary>In nanoseconds. The boundaries recommended by OpenTelemetry for http.*.request.duration, and three below them.</summary>
    public static long[] DurationBounds { get; } =
    [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 75_000_000, 100_000_000, 250_000_000, 500_000_000,
        750_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 7_500_000_000, 10_000_000_000,
    ];

    /// <summary>In nanoseconds, for phases that are mostly far shorter than an exchange: from 10 µs on.</summary>
    public static long[] PhaseBounds { get; } =
    [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ];

    /// <summary>In bytes.</summary>
    public static long[] SizeBounds { get; } =
        [128, 256, 512, 1024, 2048, 4096, 8192, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216];

    /// <summary>The count of each bucket, not cumulative; the last bucket is above all bounds.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    public long Sum { get; private set; }

    public void Add(long value)
    {
        _counts[IndexOf(value, bounds)]++;
        Sum += value;
    }

    /// <summary>Index of the bucket that contains a value.</summary>
    internal static int IndexOf(long value, long[] bounds)
    {
        int bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket]) bucket++;
        return bucket;
    }
}
