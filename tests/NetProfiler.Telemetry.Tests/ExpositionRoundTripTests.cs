using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NetProfiler.Telemetry.Tests.Support;

namespace NetProfiler.Telemetry.Tests;

public class ExpositionRoundTripTests
{
    private static readonly ExpositionFormat[] BothFormats = [ExpositionFormat.PrometheusText, ExpositionFormat.OpenMetrics];

    // Mostly what hurts: the escapes, line ends, braces, unpaired surrogates, other planes.
    private static readonly Gen<string> HostileText = Gen.Elements(
        "\\", "\"", "\n", "\r", "{", "}", ",", "=", " #", "\0", "é", "\U0001F600", "\uD800", "\uDC00", "n", "a", "\u2028")
        .ListOf().Select(string.Concat);

    [Fact]
    public void Any_label_value_reads_back() =>
        Prop.ForAll(HostileText.ToArbitrary(), HostileText.ToArbitrary(), (first, second) =>
        {
            var labels = LabelSet.Of(("b", first), ("a", second));

            foreach (var format in BothFormats)
            {
                var sample = Assert.Single(ExpositionReader.Read(format.Write(Samples.Counter("x", second, new CounterSeries(labels, 1)))));
                Assert.Equal(Valid(first), sample.Labels["b"]);
                Assert.Equal(Valid(second), sample.Labels["a"]);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_captured_bytes_become_a_valid_label_value() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            var labels = LabelSet.Empty.With("path", bytes.AsSpan());
            var text = ExpositionFormat.OpenMetrics.Write(Samples.Counter("x", "X.", new CounterSeries(labels, 1)));
            var sample = Assert.Single(ExpositionReader.Read(text));
            Assert.Equal(Encoding.UTF8.GetString(bytes), sample.Labels["path"]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_value_reads_back_exactly() =>
        Prop.ForAll<double, long>((real, whole) =>
        {
            var family = Samples.Gauge("x", new GaugeSeries(LabelSet.Empty, real), new GaugeSeries(LabelSet.Of(("a", "")), whole));
            var samples = ExpositionReader.Read(ExpositionFormat.PrometheusText.Write(family));
            Assert.Equal(real, samples[0].Value);
            Assert.Equal(whole, samples[1].Value);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bound_reads_back_from_its_canonical_spelling() =>
        Prop.ForAll<NormalFloat>(bound => bound.Get == double.Parse(CanonicalNumber.Format(bound.Get))).QuickCheckThrowOnFailure();

    [Fact]
    public void Buckets_are_cumulative_and_end_at_the_count() =>
        Prop.ForAll<NonNegativeInt, NonNegativeInt, NonNegativeInt>((low, middle, above) =>
        {
            var series = new HistogramSeries(LabelSet.Empty, new(0.5, 2), new long[] { low.Get, middle.Get, above.Get }, 1);
            var family = new MetricFamily("x", MetricType.Histogram, "X.", null, [series]);
            var samples = ExpositionReader.Read(ExpositionFormat.OpenMetrics.Write(family));
            double all = (long)low.Get + middle.Get + above.Get;

            Assert.Equal(["0.5", "2.0", "+Inf"], samples.Take(3).Select(sample => sample.Labels["le"]));
            Assert.Equal([low.Get, (double)low.Get + middle.Get, all, all], samples.Take(4).Select(sample => sample.Value));
        }).QuickCheckThrowOnFailure();

    private static string Valid(string text) => string.Concat(text.EnumerateRunes());
}
