using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests;

/// <summary>Requests in flight by their labels, within a budget.</summary>
public class ActiveMetricsTests
{
    private readonly TrafficOverview _overview = new();

    [Fact]
    public void Each_series_and_each_row_counts_its_own_requests()
    {
        var metrics = new ActiveMetrics(10);
        InFlight get = null!, other = null!;
        Sent.Exchanges((in exchange) => (get, other) = (metrics.Of(exchange, null, _overview), metrics.Of(exchange, Server(1), _overview)),
            ("/", 200, 7));
        get.Begin();
        get.Begin();
        other.Begin();
        Assert.Equal([("", 2L), ("s1", 1L)], metrics.Series.Select(one => (one.Key.Server?.Address ?? "", one.Requests.Count)).Order());
        Assert.Equal(3, _overview.Snapshot().Single().InFlight);
        get.End();
        get.End();
        other.End();
        Assert.All(metrics.Series, one => Assert.Equal(0, one.Requests.Count));
        Assert.Equal(0, _overview.Snapshot().Single().InFlight);
    }

    [Fact]
    public void Servers_are_folded_first_and_nothing_is_lost_at_the_bound()
    {
        var metrics = new ActiveMetrics(10);
        for (int i = 0; i < 1_000; i++)
        {
            var server = Server(i);
            Sent.Exchanges((in exchange) => metrics.Of(exchange, server, _overview).Begin(), ("/", 200, 7));
        }

        Assert.Equal(["other", "s0", "s1", "s2", "s3", "s4"], metrics.Series.Select(one => one.Key.Server!.Address).Order());
        Assert.Equal(1000, metrics.Series.Sum(one => one.Requests.Count));
        Assert.Equal(1000, _overview.Snapshot().Single().InFlight);
    }

    [Fact]
    public void A_series_stays_while_a_request_is_in_flight_and_expires_a_quarter_of_an_hour_after()
    {
        var metrics = new ActiveMetrics(10);
        InFlight stream = null!;
        Sent.Exchanges((in exchange) => stream = metrics.Of(exchange, null, _overview), ("/", 200, 7));
        stream.Begin();
        metrics.Expire(long.MaxValue);
        Assert.Single(metrics.Series);
        stream.End();
        metrics.Expire(long.MaxValue);
        Assert.Empty(metrics.Series);
    }

    private static ServerAddress Server(int i) => new($"s{i}", 80);
}
