namespace NetProfiler.Analysis.Sampling;

/// <summary>Why a sample was not taken although a rule requested it.</summary>
public enum SampleLimit : byte
{
    None,

    /// <summary>The task's limit of samples per second was reached.</summary>
    RateLimit,

    /// <summary>The limit of sample bytes per second was reached.</summary>
    RateBytes,
}

/// <summary>Limits the number of samples and their bytes with two token buckets that hold one second each. Not thread-safe.</summary>
public sealed class SampleLimiter
{
    /// <summary>Maximum number of captured bytes of samples per second, for one task.</summary>
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

    /// <summary>
    /// Takes one sample, or returns the limit that was reached. Times need not increase: an earlier time does not refill the buckets.
    /// </summary>
    public SampleLimit Take(long bytes, long nowNanoseconds)
    {
        _samples.Refill(nowNanoseconds);
        _bytes.Refill(nowNanoseconds);
        bytes = long.Min(bytes, _maxBytesPerSecond); // otherwise a larger sample would never be taken
        if (!_samples.Has(1)) return SampleLimit.RateLimit;
        if (!_bytes.Has(bytes)) return SampleLimit.RateBytes;
        _samples.Take(1);
        _bytes.Take(bytes);
        return SampleLimit.None;
    }

    /// <summary>Full at first. Counts in billionths of a token, so that rounding loses nothing.</summary>
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
