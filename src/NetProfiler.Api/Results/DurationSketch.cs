using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Api.Results;

/// <summary>The form of a <see cref="LatencySketch"/> in a status: base64 of <see cref="LatencySketch.Encode"/>.</summary>
public static class DurationSketch
{
    private const int NanosecondsPerMicrosecond = 1000;

    /// <summary>
    /// Null if the text is absent or is not an encoded sketch; then the durations of that report are missing, but its counts are not.
    /// </summary>
    public static LatencySketch? Decode(string? base64)
    {
        Span<byte> bytes = stackalloc byte[LatencySketch.MaxEncodedBytes];
        return base64 is not null && Convert.TryFromBase64String(base64, bytes, out int length)
            && LatencySketch.TryDecode(bytes[..length], out var sketch)
            ? sketch
            : null;
    }

    public static string Encode(LatencySketch sketch, int maxBytes) => Convert.ToBase64String(sketch.Encode(maxBytes));

    /// <summary>The sum of all sketches that can be decoded. Null if absent.</summary>
    public static LatencySketch? Merge(IEnumerable<string?> sketches) => sketches.Select(Decode).OfType<LatencySketch>()
        .Aggregate((LatencySketch?)null, (sum, sketch) => sum is null ? sketch : LatencySketch.Merge(sum, sketch));

    public static long Microseconds(this LatencySketch sketch, double quantile) => sketch.Quantile(quantile) / NanosecondsPerMicrosecond;

    public static long MaxMicroseconds(this LatencySketch sketch) => sketch.MaxNanoseconds / NanosecondsPerMicrosecond;
}
