using NetProfiler.Node.Output;

namespace NetProfiler.Node.Tests;

public sealed class DurationFormatTests
{
    [Theory]
    [InlineData(0, "0 µs")]
    [InlineData(1_499, "1.5 µs")]
    [InlineData(999_499, "999 µs")]
    [InlineData(999_500, "1 ms")]
    [InlineData(24_140_000, "24.1 ms")]
    [InlineData(999_499_999, "999 ms")]
    [InlineData(999_700_000, "1 s")]
    [InlineData(999_700_000_000, "1000 s")]
    [InlineData(86_400_000_000_000, "86400 s")]
    public void A_duration_has_three_digits_and_a_unit_and_no_exponent(long nanoseconds, string expected) =>
        Assert.Equal(expected, DurationFormat.Of(nanoseconds));
}
