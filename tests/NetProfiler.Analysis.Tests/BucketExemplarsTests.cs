using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.Tests;

public class BucketExemplarsTests
{
    [Fact]
    public void The_latest_of_each_bucket_is_kept_in_the_bucket_that_counts_it()
    {
        var exemplars = new BucketExemplars(BucketCounts.DurationBounds);
        Assert.True(exemplars.Latest.IsEmpty);
        long[] values = [0, .. BucketCounts.DurationBounds, .. BucketCounts.DurationBounds.Select(bound => bound + 1)];
        foreach (long value in values)
        {
            var counts = new BucketCounts(BucketCounts.DurationBounds);
            counts.Add(value);
            exemplars.Keep(value, Trace("older"), 1);
            exemplars.Keep(value, Trace("latest"), 2);
            int bucket = counts.Counts.IndexOf(1);
            Assert.Equal(("latest", value, 2), (exemplars.Latest[bucket]!.Trace.TraceId, exemplars.Latest[bucket]!.Value,
                exemplars.Latest[bucket]!.TimeNanoseconds));
        }

        Assert.Equal(BucketCounts.DurationBounds.Length + 1, exemplars.Latest.Length);
    }

    private static TraceReference Trace(string id) =>
        new() { Format = TraceFormat.W3C, Decision = TraceDecision.Accept, TraceId = id, SpanId = "1" };
}
