namespace NetProfiler.Telemetry.Tests;

public class MetricFamilyTests
{
    [Theory]
    [InlineData("requests-sent", null)]
    [InlineData("requests_total", null)]
    [InlineData("request_duration", "seconds")]
    [InlineData("durationseconds", "seconds")]
    public void A_name_that_a_scraper_would_refuse_is_refused_at_once(string name, string? unit) =>
        Assert.Throws<ArgumentException>(() => new MetricFamily(name, MetricType.Counter, "", unit, []));

    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(1, "1.0")]
    [InlineData(0.005, "0.005")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(131072, "131072.0")]
    [InlineData(1000000, "1e+06")]
    [InlineData(4194304, "4.194304e+06")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    public void A_bound_has_one_spelling(double bound, string spelling) => Assert.Equal(spelling, CanonicalNumber.Format(bound));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.PositiveInfinity)]
    public void Bounds_ascend_and_are_finite(double first, double second) =>
        Assert.Throws<ArgumentException>(() => new HistogramBounds(first, second));
}
