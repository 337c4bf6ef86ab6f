using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Analysis.TopLists;

namespace NetProfiler.Analysis.Tests;

public class TopListTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(500)]
    public void The_lists_are_those_that_sorting_everything_gives(int capacity)
    {
        var random = new Random(capacity);
        var all = Enumerable.Range(0, 300).Select(i =>
            (Target: $"/{i}", Status: random.Next(200, 600), Duration: random.NextInt64(50))).ToArray();
        var slowest = new SlowestList(capacity);
        var latest = new LatestList(capacity);
        for (int count = 0; count < all.Length; count += 60)
        {
            slowest = new SlowestList(capacity);
            latest = new LatestList(capacity);
            Sent.Exchanges((in exchange) =>
            {
                slowest.Offer(exchange);
                latest.Offer(exchange);
            }, all[..count]);

            Assert.Equal(all[..count].OrderByDescending(one => one.Duration).Take(capacity).Select(Text), slowest.Snapshot().Select(Text));
            Assert.Equal(all[..count].Reverse().Take(capacity).Select(Text), latest.Snapshot().Select(Text));
        }
    }

    [Fact]
    public void Of_a_million_exchanges_the_lists_are_those_that_sorting_gives()
    {
        var random = new Random(7);
        var all = Enumerable.Range(0, 1_000_000)
            .Select(i => (Target: $"/{i}", Status: random.Next(200, 600), Duration: random.NextInt64(2_000_000))).ToArray();
        var slowest = new SlowestList(50);
        var latest = new LatestList(50);
        Sent.Exchanges((in exchange) =>
        {
            slowest.Offer(exchange);
            latest.Offer(exchange);
        }, all);

        Assert.Equal(all.OrderByDescending(one => one.Duration).Take(50).Select(Text), slowest.Snapshot().Select(Text));
        Assert.Equal(all.Reverse().Take(50).Select(Text), latest.Snapshot().Select(Text));
    }

    [Fact]
    public void A_snapshot_stays_as_it_is()
    {
        var list = new SlowestList(1);
        TopEntry[] before = [];
        Sent.Exchanges((in exchange) =>
        {
            if (exchange.Status == 201) before = list.Snapshot();
            list.Offer(exchange);
        }, ("/first", 200, 1), ("/second", 201, 2));
        Assert.Equal("/first", before[0].Target);
        Assert.Equal("/second", list.Snapshot()[0].Target);
    }

    [Fact]
    public void A_long_target_is_cut()
    {
        var list = new LatestList(1);
        Sent.Exchanges((in exchange) => list.Offer(exchange), ("/" + new string('x', 1000), 200, 1));
        var entry = list.Snapshot()[0];
        Assert.Equal("/" + new string('x', TopEntry.MaxTargetBytes - 1), entry.Target);
        Assert.Equal(("GET", "server"), (entry.Method, entry.Process));
    }

    private static string Text((string Target, int Status, long Duration) one) => $"{one.Target} {one.Status} {one.Duration}";

    private static string Text(TopEntry entry) => $"{entry.Target} {entry.Status} {entry.DurationNanoseconds}";
}
