using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class MetricsTests
{
    private static readonly PeerPair Peers = new(EndpointRole.Server, "server", null, new Party(PartyKind.External, null, "10.0.0.2"));

    [Fact]
    public void An_exchange_is_in_one_series_with_its_duration_and_sizes()
    {
        var metrics = new ExchangeMetrics(10);
        Sent.Exchanges((in exchange) => metrics.Record(exchange, Peers, server: null, "checkout"), ("/a", 200, 3_000_000),
            ("/b", 200, 500_000), ("/b", 404, 500_001));
        var series = metrics.Series.Single(series => series.Status == 200);
        Assert.Equal("checkout", series.Rule);
        Assert.Equal(Peers.Labels, series.Peers);
        Assert.Equal(3_500_000, series.Duration.Sum);
        Assert.Equal((1, 1), (series.Duration.Counts[0], series.Duration.Counts[3])); // upper bounds belong to their bucket: 0.5 ms, 5 ms
        Assert.Equal(Get("/a").Length + Get("/b").Length, series.RequestSize.Sum);
        Assert.Equal(2 * Response(200).Length, series.ResponseSize.Sum);
        Assert.Equal(1, metrics.Series.Single(series => series.Status == 404).Duration.Counts[1]);
    }

    [Fact]
    public void What_is_over_the_budget_is_counted_in_one_overflow_series()
    {
        var metrics = new ExchangeMetrics(3);
        Sent.Exchanges((in exchange) => metrics.Record(exchange, Peers, server: null, ""),
            [.. Enumerable.Range(200, 10).Select(status => ("/", status, 7L)), ("/", 200, 7L)]);
        Assert.Equal(4, metrics.Series.Count());
        var overflow = metrics.Series.Single(series => series.IsOverflow);
        Assert.Null(overflow.Peers);
        Assert.Equal(7, overflow.Duration.Counts[0]);
        Assert.Equal(7, metrics.Overflowed);
        Assert.Equal(2, metrics.Series.Single(series => series.Status == 200).Duration.Counts[0]);
    }

    [Fact]
    public void A_namespace_with_many_series_folds_no_labels_of_another()
    {
        var metrics = new ExchangeMetrics(1000);
        metrics.Divide(new Dictionary<string, int> { ["mall"] = 500, ["shop"] = 500 });
        Record("mall", 5000);
        Record("shop", 300);
        Assert.Equal(300, metrics.Series.Count(series => series is { Folding: SeriesFolding.None, Peers.Namespace: "shop" }));
        Assert.InRange(metrics.Series.Count(series => series.Peers?.Namespace == "mall"), 100, 500);
        Assert.Equal(5300, metrics.Series.Sum(series => series.Duration.Counts.ToArray().Sum()));

        // The budget of what has expired is free again, also when it was divided anew meanwhile.
        metrics.Divide(new Dictionary<string, int> { ["shop"] = 1000 });
        metrics.Expire(ExchangeMetrics.IdleNanoseconds * 2);
        Assert.Empty(metrics.Series);
        Record("shop", 700);
        Assert.Equal(700, metrics.Series.Count(series => series.Folding == SeriesFolding.None));

        void Record(string name, int peers)
        {
            var container = new ContainerIdentity("1", name, "pod", "app", null);
            Sent.Exchanges((in exchange) => metrics.Record(exchange,
                new PeerPair(EndpointRole.Server, "server", container,
                    new Party(PartyKind.Pod, name, System.Text.Encoding.ASCII.GetString(exchange.Target))), server: null, ""),
                [.. Enumerable.Range(0, peers).Select(i => ($"/{i}", 200, 7L))]);
        }
    }

    [Fact]
    public void Peers_are_folded_first_then_processes_and_status_method_and_route_never()
    {
        const int budget = ExchangeMetrics.DefaultMaxSeries;
        var metrics = new ExchangeMetrics(budget);
        int exchanges = 0;
        // One server, 100,000 clients from the internet, a failure among every hundred.
        for (int client = 0; client < 100_000; client++)
            Record("server", new Party(PartyKind.External, null, $"10.{client >> 16}.{client >> 8 & 255}.{client & 255}"),
                client % 100 == 0 ? 500 : 200);
        Assert.Equal(100_000, Sum(series => true));
        Assert.Equal(1_000, Sum(series => series.Status == 500));
        Assert.Equal(SeriesBudget.PartOf(budget) + 2, metrics.Series.Count());
        Assert.Equal(
            [("server", "other", "external", 200), ("server", "other", "external", 500)],
            metrics.Series.Where(series => series.Folding == SeriesFolding.Peer)
                .Select(series => (Label(series, "process"), Label(series, "peer"), Label(series, "peer_kind"), series.Status)).Order());

        // Peers with names still have series of their own, until there is no room; then they are one, beside the addresses.
        for (int peer = 0; peer < budget; peer++) Record("server", new Party(PartyKind.Workload, "shop", $"Deployment/p{peer}"), 200);
        Assert.Contains(metrics.Series, series => series.Folding == SeriesFolding.None && Label(series, "peer") == "shop/p1000");
        Assert.Contains(metrics.Series, series => series.Folding == SeriesFolding.Peer && Label(series, "peer_kind") == "other");

        // Then processes; a status, a method or a route that comes late keeps its label.
        for (int process = 0; process < 1_000; process++)
            Record($"short{process}", Peers.Remote, process == 999 ? 503 : 200, process == 999 ? "late" : "");
        var last = metrics.Series.Single(series => series.Status == 503);
        Assert.Equal((SeriesFolding.Process, "late", 1), (last.Folding, last.Rule, last.Duration.Counts.ToArray().Sum()));
        Assert.DoesNotContain(metrics.Series, series => series.IsOverflow);
        Assert.InRange(metrics.Series.Count(), 1, budget);
        Assert.Equal(exchanges, Sum(series => true));

        // Everything gives its room back.
        metrics.Expire(metrics.Series.Max(series => series.LatestNanoseconds) + ExchangeMetrics.IdleNanoseconds + 1);
        Assert.Empty(metrics.Series);
        Record("server", Peers.Remote, 200);
        Assert.Equal(SeriesFolding.None, metrics.Series.Single().Folding);

        void Record(string process, Party remote, int status, string route = "")
        {
            exchanges++;
            var peers = new PeerPair(EndpointRole.Server, process, null, remote);
            Sent.Exchanges((in exchange) => metrics.Record(exchange, peers, server: null, route), ("/", status, 7L));
        }

        long Sum(Func<ExchangeSeries, bool> which) =>
            metrics.Series.Where(which).Sum(series => (long)series.Duration.Counts.ToArray().Sum());
        static string Label(ExchangeSeries series, string name) => series.Peers!.All.Single(label => label.Name == name).Value;
    }

    [Fact]
    public void A_series_expires_after_a_quarter_of_an_hour_and_makes_room()
    {
        var metrics = new ExchangeMetrics(1);
        Sent.Exchanges((in exchange) => metrics.Record(exchange, Peers, server: null, ""), ("/", 200, 7));
        long latest = metrics.Series.Single().LatestNanoseconds;
        metrics.Expire(latest + ExchangeMetrics.IdleNanoseconds);
        Assert.Equal(0, metrics.Expired);
        metrics.Expire(latest + ExchangeMetrics.IdleNanoseconds + 1);
        Assert.Equal(1, metrics.Expired);
        Sent.Exchanges((in exchange) => metrics.Record(exchange, Peers, server: null, ""), ("/", 404, 7));
        Assert.Equal(404, metrics.Series.Single().Status);
        Assert.Equal(0, metrics.Overflowed);
    }

    [Fact]
    public void The_overview_has_no_more_rows_than_its_bound()
    {
        var overview = new TrafficOverview();
        for (int i = 0; i < 200; i++)
        {
            overview.Record(new PeerPair(EndpointRole.Server, $"server{i}", null, Peers.Remote), 200, 1);
            overview.Record(new PeerPair(EndpointRole.Client, $"client{i}", null, Peers.Remote), 200, 1);
        }

        var rows = overview.Snapshot();
        Assert.InRange(rows.Length, TrafficOverview.MaxRows - 2, TrafficOverview.MaxRows);
        Assert.Equal(400, rows.Sum(row => row.StatusClasses[2]));
        Assert.Equal("other", rows[0].Process);
    }

    [Fact]
    public void A_quantile_is_never_below_the_sorted_lists_and_within_a_32nd_of_it()
    {
        var random = new Random(1);
        foreach (double scale in new[] { 10.0, 1e4, 1e9, 1e12, 9e18 })
        {
            var sketch = new LatencySketch();
            var values = new List<long>();
            for (int i = 0; i < 3_000; i++)
            {
                long value = (long)(scale * random.NextDouble() * random.NextDouble());
                values.Add(value);
                sketch.Add(value);
            }

            values.Sort();
            foreach (double quantile in new[] { 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1 })
            {
                long exact = values[(int)Math.Ceiling(quantile * values.Count) - 1];
                Assert.InRange(sketch.Quantile(quantile), exact, exact + exact / 32);
            }

            Assert.Equal(values[^1], sketch.Quantile(1));
            Assert.Equal(values[^1], sketch.MaxNanoseconds);
        }
    }

    [Fact]
    public void A_sketch_takes_every_value()
    {
        var sketch = new LatencySketch();
        Assert.Equal(0, sketch.Quantile(0.5));
        foreach (long value in new[] { 0, 1, 31, 32, 33, 63, 64, long.MaxValue - 1, long.MaxValue }) sketch.Add(value);
        Assert.Equal(long.MaxValue, sketch.Quantile(1));
        Assert.Equal(33, sketch.Snapshot().Quantile(5.0 / 9));
    }
}
