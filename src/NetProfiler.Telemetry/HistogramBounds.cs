using System.Text;

namespace NetProfiler.Telemetry;

/// <summary>The inclusive upper bounds of the buckets, shared by all series of a family; the bucket +Inf is implied.</summary>
public sealed class HistogramBounds
{
    private readonly double[] _upperBounds;
    private readonly byte[][] _leLabels;

    /// <exception cref="ArgumentException">The bounds are not finite numbers in ascending order.</exception>
    public HistogramBounds(params ReadOnlySpan<double> upperBounds)
    {
        for (var i = 0; i < upperBounds.Length; i++)
            if (!double.IsFinite(upperBounds[i]) || (i > 0 && upperBounds[i] <= upperBounds[i - 1]))
                throw new ArgumentException("bounds are finite and ascend", nameof(upperBounds));

        _upperBounds = [.. upperBounds, double.PositiveInfinity];
        _leLabels = Array.ConvertAll(_upperBounds, bound => Encoding.ASCII.GetBytes($"le=\"{CanonicalNumber.Format(bound)}\""));
    }

    /// <summary>Including the bucket +Inf.</summary>
    public int BucketCount => _upperBounds.Length;

    internal byte[] LeLabel(int bucket) => _leLabels[bucket];

    internal bool Holds(int bucket, double value) =>
        value <= _upperBounds[bucket] && (bucket == 0 || value > _upperBounds[bucket - 1]);
}
