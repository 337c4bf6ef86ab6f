using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Analysis.Tests;

public class LatencySketchTests
{
    [Fact]
    public void Merging_is_associative_and_commutative_whatever_the_resolutions()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            LatencySketch a = AnySketch(random), b = AnySketch(random), c = AnySketch(random);

            Assert.Equal(LatencySketch.Merge(a, b).Encode(), LatencySketch.Merge(b, a).Encode());
            Assert.Equal(
                LatencySketch.Merge(LatencySketch.Merge(a, b), c).Encode(),
                LatencySketch.Merge(a, LatencySketch.Merge(b, c)).Encode());
        }
    }

    [Fact]
    public void A_merged_sketch_is_the_sketch_of_all_values()
    {
        var random = new Random(7);
        LatencySketch left = new(), right = new(), all = new();
        for (int i = 0; i < 10_000; i++)
        {
            long value = AnyDuration(random);
            (i % 3 == 0 ? left : right).Add(value);
            all.Add(value);
        }

        var merged = LatencySketch.Merge(left, right);
        Assert.Equal(all.Encode(), merged.Encode());
        Assert.Equal((all.Count, all.MaxNanoseconds), (merged.Count, merged.MaxNanoseconds));
    }

    [Fact]
    public void Merging_changes_neither_and_takes_the_coarser_resolution()
    {
        var fine = SketchOf(100, 1_000_000);
        var coarse = Decoded(SketchOf([.. Enumerable.Range(0, 60).Select(power => 1L << power)]).Encode(maxBytes: 64));
        Assert.NotEqual(fine.Resolution, coarse.Resolution);
        var (fineBefore, coarseBefore) = (fine.Encode(), coarse.Encode());

        Assert.Equal(coarse.Resolution, LatencySketch.Merge(fine, coarse).Resolution);
        Assert.Equal(fineBefore, fine.Encode());
        Assert.Equal(coarseBefore, coarse.Encode());
    }

    [Fact]
    public void What_fits_is_read_back_as_it_was()
    {
        var sketch = SketchOf(0, 0, 31, 5_000, 1_000_000, 1_000_001, 250_000_000, long.MaxValue);
        var read = Decoded(sketch.Encode());
        Assert.Equal(LatencySketch.FinestResolution, read.Resolution);
        Assert.Equal((sketch.Count, sketch.MaxNanoseconds), (read.Count, read.MaxNanoseconds));
        foreach (double quantile in new[] { 0.1, 0.5, 0.9, 0.99, 1 }) Assert.Equal(sketch.Quantile(quantile), read.Quantile(quantile));
    }

    [Fact]
    public void Nothing_counted_takes_two_bytes()
    {
        byte[] encoded = new LatencySketch().Encode();
        Assert.Equal(2, encoded.Length);
        Assert.Equal(0, Decoded(encoded).Count);
    }

    [Theory]
    [InlineData(LatencySketch.MaxEncodedBytes)]
    [InlineData(LatencySketch.CoarseEncodedBytes)]
    [InlineData(20)]
    public void Whatever_was_counted_fits_the_bound_and_no_count_is_lost(int maxBytes)
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var sketch = new LatencySketch();
            for (int i = random.Next(5_000); i >= 0; i--) sketch.Add(random.NextInt64() >> random.Next(63));

            byte[] encoded = sketch.Encode(maxBytes);
            Assert.InRange(encoded.Length, 1, maxBytes);
            var read = Decoded(encoded);
            Assert.Equal((sketch.Count, sketch.MaxNanoseconds), (read.Count, read.MaxNanoseconds));
            Assert.True(read.Quantile(0.5) >= sketch.Quantile(0.5));
        }
    }

    [Fact]
    public void Coarse_quantiles_of_one_edge_are_within_an_eighth()
    {
        var random = new Random(3);
        var sketch = new LatencySketch();
        for (int i = 0; i < 100_000; i++) sketch.Add((long)(2_000_000 * Math.Exp(random.NextDouble() * 3)));

        var read = Decoded(sketch.Encode(LatencySketch.CoarseEncodedBytes));
        foreach (double quantile in new[] { 0.5, 0.99 })
            Assert.InRange(read.Quantile(quantile), sketch.Quantile(quantile), sketch.Quantile(quantile) * 9 / 8);
    }

    [Fact]
    public void Counts_stop_at_the_largest_number()
    {
        var sketch = SketchOf(1_000);
        for (int i = 0; i < 70; i++) sketch = LatencySketch.Merge(sketch, sketch);

        Assert.Equal(long.MaxValue, sketch.Count);
        Assert.Equal(1_000, sketch.Quantile(0.99));
        Assert.Equal(long.MaxValue, Decoded(sketch.Encode()).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0B00")] // no such format
    [InlineData("1C00")] // no such resolution
    [InlineData("1B")] // no longest duration
    [InlineData("1B80")] // a number that does not end
    [InlineData("1B8000")] // a number longer than it need be
    [InlineData("1B01")] // a longest duration and nothing counted
    [InlineData("1B0100")] // a bucket without a count
    [InlineData("1B010100")] // nothing in a bucket
    [InlineData("1B010001")] // the longest duration is in another bucket
    [InlineData("1BFFFFFFFFFFFFFFFFFF0101")] // more than a number
    [InlineData("1B0FFFFFFFFF0F01")] // behind the last bucket
    public void What_is_no_sketch_is_refused(string hexadecimal) =>
        Assert.False(LatencySketch.TryDecode(Convert.FromHexString(hexadecimal), out _));

    [Fact]
    public void No_bytes_make_it_throw_and_what_is_taken_is_written_the_same()
    {
        var random = new Random(11);
        int taken = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = AnySketch(random).Encode();
            for (int changes = random.Next(4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0) bytes = bytes[..random.Next(bytes.Length)];

            if (!LatencySketch.TryDecode(bytes, out var sketch)) continue;
            taken++;
            Assert.Equal(bytes, sketch.Encode());
            LatencySketch.Merge(sketch, sketch).Quantile(0.99);
        }

        Assert.InRange(taken, 5_000, 49_000);
        Assert.False(LatencySketch.TryDecode(new byte[LatencySketch.MaxEncodedBytes + 1], out _));
    }

    private static LatencySketch AnySketch(Random random)
    {
        var sketch = new LatencySketch();
        for (int i = random.Next(20); i > 0; i--) sketch.Add(AnyDuration(random));
        return Decoded(sketch.Encode(random.Next(20, 200)));
    }

    private static long AnyDuration(Random random) => random.NextInt64(1L << random.Next(1, 50));

    private static LatencySketch SketchOf(params long[] values)
    {
        var sketch = new LatencySketch();
        foreach (long value in values) sketch.Add(value);
        return sketch;
    }

    private static LatencySketch Decoded(byte[] encoded)
    {
        Assert.True(LatencySketch.TryDecode(encoded, out var sketch));
        return sketch;
    }
}
