namespace NetProfiler.Analysis.Sampling;

/// <summary>Why a sample was not taken although a rule wanted it.</summary>
public enum SampleLimit : byte
{
    None,

    /// <summary>As many samples as the task allows in a second.</summary>
    RateLimit,

    /// <summary>As many bytes of samples as are handed on in a second.</summary>
    RateBytes,
}

/// <summary>
/// How many samples, and how many bytes of them, may be taken: two token buckets that hold one second each. Not for several threads.
/// </summary>
public sealed class SampleLimiter
{
    /// <summary>Captured bytes of samples a second; raw ones wait in a queue of the same size.</summary>
    public const long MaxBytesPerSecond = 16 * 1024 * 1024;

    private const long SecondNanoseconds = 1_000_000_000;

    private readonly long _maxBytesPerSecond;
    private TokenBucket _samples;
    private TokenBucket _bytes;

    public SampleLimiter(int maxSamplesPerSecond, long maxBytesPerSecond = MaxBytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSamplesPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytesPerSecond);
        _maxBytesPerSecond = maxBytesPerSecond;
        _samples = new TokenBucket(maxSamplesPerSecond);
        _bytes = new TokenBucket(maxBytesPerSecond);
    }

    /// <summary>Takes one, or says which limit forbids it. Times need not grow: an earlier one adds nothing.</summary>
    public SampleLimit Take(long bytes, long nowNanoseconds)
    {
        _samples.Refill(nowNanoseconds);
        _bytes.Refill(nowNanoseconds);
        bytes = long.Min(bytes, _maxBytesPerSecond); // else one that is larger would never be taken
        if (!_samples.Has(1)) return SampleLimit.RateLimit;
        if (!_bytes.Has(bytes)) return SampleLimit.RateBytes;
        _samples.Take(1);
        _bytes.Take(bytes);
        return SampleLimit.None;
    }

    /// <summary>Full at first. Counts in billionths of a token, so that nothing is lost in rounding.</summary>
    private struct TokenBucket(long perSecond)
    {
        private Int128 _level = (Int128)perSecond * SecondNanoseconds;
        private long _latestNanoseconds;
        private bool _hasTime;

        public void Refill(long nowNanoseconds)
        {
            long passed = _hasTime ? long.Clamp(nowNanoseconds - _latestNanoseconds, 0, SecondNanoseconds) : 0;
            _latestNanoseconds = _hasTime ? long.Max(_latestNanoseconds, nowNanoseconds) : nowNanoseconds;
            _hasTime = true;
            _level = Int128.Min(_level + (Int128)passed * perSecond, (Int128)perSecond * SecondNanoseconds);
        }

        public readonly bool Has(long tokens) => _level >= (Int128)tokens * SecondNanoseconds;

        public void Take(long tokens) => _level -= (Int128)tokens * SecondNanoseconds;
    }
}
