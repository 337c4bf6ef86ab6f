using NetProfiler.Analysis.Exchanges;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Tests.Support;

namespace NetProfiler.Web.Tests;

/// <summary>What the table keeps, joins and drops, with every drop counted.</summary>
public sealed class TableTests
{
    [Fact]
    public void The_oldest_rows_are_dropped_and_stay_counted()
    {
        var results = new StubResults();
        for (int i = 0; i < RequestTable.MaxRows + 500; i++) results.Add(StubResults.Server(target: $"/{i}"));
        Assert.Equal((100_500, 100_000, 500),
            (results.Requests.Counts.Recorded, results.Requests.Counts.Kept, results.Requests.Counts.Dropped));
        Assert.Null(results.Requests.Find(499));
        Assert.Equal("/500", results.Requests.Find(500)!.Value.Target);
        Assert.Equal(100_500, results.Requests.ReadSlots(slots => slots.All.Sum(series => series.Slots.Sum(slot => slot?.Count ?? 0))));
    }

    [Fact]
    public void Both_views_know_each_other_whichever_comes_first()
    {
        var results = new StubResults();
        results.Add(StubResults.Server(), StubResults.Key(0));
        results.Add(StubResults.Client(), StubResults.Key(1));
        results.Add(StubResults.Client(), StubResults.Key(0));
        results.Add(StubResults.Server(), StubResults.Key(1));
        results.Add(StubResults.Server());
        Assert.Equal([2, 3, 0, 1, -1], Rows(results).Select(row => row.Partner));
        Assert.Equal([JoinState.Joined, JoinState.Joined, JoinState.Joined, JoinState.Joined, JoinState.NoKey],
            Rows(results).Select(row => row.Join));
        Assert.Equal((2, 1), (results.Requests.Counts.Joined, results.Requests.Counts.WithoutKey));
    }

    [Fact]
    public void A_pair_that_another_view_fits_too_is_taken_back()
    {
        var results = new StubResults();
        results.Add(StubResults.Server(), StubResults.Key(0));
        results.Add(StubResults.Client(), StubResults.Key(0));
        results.Add(StubResults.Client(), StubResults.Key(0));
        Assert.All(Rows(results), row => Assert.Equal((-1, JoinState.Ambiguous), (row.Partner, row.Join)));
        Assert.Equal([0, 1], results.Requests.Revoked.Order());
    }

    // The truth is in the target, which joining does not look at.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Of_a_hundred_thousand_exchanges_in_any_order_no_pair_is_wrong(int seed)
    {
        var random = new Random(seed);
        var views = new List<(RequestRow Row, JoinKey Key)>();
        for (int i = 0; i < 50_000; i++)
        {
            // Few connections, so that addresses come again: pipelined on one, and later another one under the same addresses.
            int port = i % 50, turn = i / 5000;
            var key = StubResults.Key((ulong)(i / 50 % 100))
                with { Client = Analysis.Events.EndpointAddress.IPv4([10, 0, 0, 2], (ushort)port) };
            long start = StubResults.Start + (turn * 60_000_000_000L) + random.Next(1000);
            if (i % 100 != 0)
                views.Add((StubResults.Client(target: $"/{i}")
                    with { StartNanoseconds = start, RequestBytes = i % 50 == 0 ? null : 120 }, key));
            if (i % 77 != 0) views.Add((StubResults.Server(target: $"/{i}") with { StartNanoseconds = start + 1_000_000 }, key));
        }

        // Views come late and out of order, as threads and rings have it, within some thousands.
        for (int i = 0; i < views.Count; i++)
        {
            int other = int.Min(views.Count - 1, i + random.Next(100));
            (views[i], views[other]) = (views[other], views[i]);
        }

        var results = new StubResults();
        foreach (var (row, key) in views) results.Add(row, key);
        var rows = Rows(results);
        var joined = rows.Where(row => row.Join == JoinState.Joined).ToList();
        Assert.All(joined, row => Assert.Equal(row.Target, rows[(int)row.Partner].Target));
        var both = views.GroupBy(view => view.Row.Target).Count(group => group.Count() == 2);
        Assert.Equal(2 * both, joined.Count);
        Assert.All(rows.Where(row => row.Join != JoinState.Joined), row => Assert.Equal(-1, row.Partner));
    }

    [Fact]
    public void Contents_have_a_bound_and_what_is_dropped_is_counted()
    {
        var archive = new SampleArchive();
        for (ulong id = 1; id <= SampleArchive.MaxSamples + 10; id++)
            archive.Add(StubResults.Sample("GET / HTTP/1.1\r\nHost: a\r\n\r\n", id: id));
        Assert.Equal(10, archive.Dropped);
        Assert.Null(archive.Find(10));
        Assert.NotNull(archive.Find(11));
    }

    private static List<RequestRow> Rows(StubResults results)
    {
        var rows = new List<RequestRow>();
        results.Requests.Read(0, (in RequestRow row) => rows.Add(row));
        return rows;
    }
}
