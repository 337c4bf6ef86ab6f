using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Analysis.Tests;

public class SampleLimiterTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_second_s_worth_at_once_and_then_as_many_as_the_rate_allows()
    {
        var limiter = new SampleLimiter(20);
        Assert.Equal(20, Taken(limiter, 100, 1, Second));
        Assert.Equal(0, Taken(limiter, 100, 1, Second + (Second / 20) - 1));
        Assert.Equal(1, Taken(limiter, 100, 1, Second + (Second / 20)));
        Assert.Equal(20, Taken(limiter, 100, 1, 100 * Second));
    }

    [Fact]
    public void In_the_long_run_no_more_and_no_fewer_than_the_rate()
    {
        var limiter = new SampleLimiter(7);
        int taken = 0;
        for (long now = 0; now < 100 * Second; now += Second / 1000) taken += Taken(limiter, 1, 1, now);
        Assert.InRange(taken, (7 * 100) + 7 - 1, (7 * 100) + 7);
    }

    [Fact]
    public void Bytes_are_limited_too_and_a_sample_that_finds_none_costs_no_place()
    {
        var limiter = new SampleLimiter(3, maxBytesPerSecond: 1000);
        Assert.Equal(SampleLimit.None, limiter.Take(600, 0));
        Assert.Equal(SampleLimit.RateBytes, limiter.Take(600, 0));
        Assert.Equal(SampleLimit.None, limiter.Take(300, 0));
        Assert.Equal(SampleLimit.None, limiter.Take(100, 0));
        Assert.Equal(SampleLimit.RateLimit, limiter.Take(0, 0));
        Assert.Equal(SampleLimit.None, limiter.Take(5000, Second)); // larger than the limit: once a second
        Assert.Equal(SampleLimit.RateBytes, limiter.Take(1, Second));
    }

    [Fact]
    public void A_clock_that_goes_back_adds_nothing()
    {
        var limiter = new SampleLimiter(1);
        Assert.Equal(SampleLimit.None, limiter.Take(1, 10 * Second));
        Assert.Equal(SampleLimit.RateLimit, limiter.Take(1, 5 * Second));
        Assert.Equal(SampleLimit.RateLimit, limiter.Take(1, 10 * Second));
        Assert.Equal(SampleLimit.None, limiter.Take(1, 11 * Second));
    }

    private static int Taken(SampleLimiter limiter, int offered, long bytes, long now) =>
        Enumerable.Range(0, offered).Count(_ => limiter.Take(bytes, now) == SampleLimit.None);
}
