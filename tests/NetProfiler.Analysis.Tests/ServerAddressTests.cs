using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests;

/// <summary>Which server a client's request is for, and what becomes of servers without end.</summary>
public class ServerAddressTests
{
    [Theory]
    [InlineData("stock", "stock:80")]
    [InlineData("Stock.Example:8080", "stock.example:8080")]
    [InlineData("my_service.shop.svc.cluster.local.", "my_service.shop.svc.cluster.local.:80")]
    [InlineData("192.0.2.7:81", "192.0.2.7:81")]
    [InlineData("[2001:DB8::1]", "2001:db8::1:80")]
    [InlineData("[::1]:8443", "::1:8443")]
    [InlineData("stock:", "stock:80")]
    // What names no server: the address that was connected to.
    [InlineData("", "10.0.0.1:80")]
    [InlineData("user:secret@stock", "10.0.0.1:80")]
    [InlineData("stock:0", "10.0.0.1:80")]
    [InlineData("stock:65536", "10.0.0.1:80")]
    [InlineData("stock:80x", "10.0.0.1:80")]
    [InlineData("[::1", "10.0.0.1:80")]
    [InlineData("[]", "10.0.0.1:80")]
    [InlineData("[::1]x", "10.0.0.1:80")]
    [InlineData("a b", "10.0.0.1:80")]
    [InlineData("a\"b\\", "10.0.0.1:80")]
    [InlineData("\u00e4", "10.0.0.1:80")]
    [InlineData("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "10.0.0.1:80")]
    public void The_host_field_names_it_and_else_the_address_does(string host, string expected)
    {
        using var script = Script.Client();
        var connection = script.Capture.Pipeline.Find(script.Connection)!;
        var servers = new ServerAddresses(Redactor.MayChangeHost);
        Assert.Equal(expected, servers.Of(connection, Encoding.Latin1.GetBytes(host)).ToString());
        Assert.Same(servers.Of(connection, Encoding.Latin1.GetBytes(host)), servers.Of(connection, Encoding.Latin1.GetBytes(host)));
    }

    [Fact]
    public void A_name_of_128_bytes_is_a_label_and_a_longer_one_is_not()
    {
        using var script = Script.Client();
        var connection = script.Capture.Pipeline.Find(script.Connection)!;
        var servers = new ServerAddresses(Redactor.MayChangeHost);
        string name = new('a', ServerAddresses.MaxNameBytes);
        Assert.Equal($"{name}:65535", servers.Of(connection, Encoding.ASCII.GetBytes($"{name}:65535")).ToString());
        Assert.Equal("10.0.0.1:80", servers.Of(connection, Encoding.ASCII.GetBytes($"{name}a")).ToString());
    }

    [Fact]
    public void At_the_bound_servers_are_folded_first_then_peers_and_a_peers_first_server_takes_nothing_from_others()
    {
        const int budget = ExchangeMetrics.DefaultMaxSeries;
        var metrics = new ExchangeMetrics(budget);
        int exchanges = 0;
        for (int peer = 0; peer < 600; peer++) Record($"Deployment/p{peer}", $"p{peer}", 200); // each is one server: none is folded
        for (int host = 0; host < 100_000; host++) Record("Deployment/proxy", $"h{host}", host % 100 == 0 ? 500 : 200);

        Assert.Equal(exchanges, metrics.Series.Sum(series => (long)series.Duration.Counts.ToArray().Sum()));
        Assert.Equal(1_000, metrics.Series.Where(series => series.Status == 500)
            .Sum(series => (long)series.Duration.Counts.ToArray().Sum()));
        Assert.Equal(600 + 1 + SeriesBudget.PartOf(budget) + 2, metrics.Series.Count());
        Assert.Equal(
            [("shop/proxy", "other", 0, 200), ("shop/proxy", "other", 0, 500)],
            metrics.Series.Where(series => series.Folding == SeriesFolding.Address)
                .Select(series => (Label(series, "peer"), series.Server!.Address, series.Server.Port, series.Status)).Order());

        // Peers without end are folded with their servers.
        for (int peer = 600; peer < 2_000; peer++) Record($"Deployment/p{peer}", $"p{peer}", 200);
        var folded = metrics.Series.Single(series => series.Folding == SeriesFolding.Peer);
        Assert.Equal(("other", "other"), (Label(folded, "peer"), folded.Server!.Address));
        Assert.Equal(exchanges, metrics.Series.Sum(series => (long)series.Duration.Counts.ToArray().Sum()));
        Assert.InRange(metrics.Series.Count(), 1, budget);

        // Everything gives its room back.
        metrics.Expire(metrics.Series.Max(series => series.LatestNanoseconds) + ExchangeMetrics.IdleNanoseconds + 1);
        Assert.Empty(metrics.Series);
        for (int host = 0; host < 100; host++) Record("Deployment/proxy", $"h{host}", 200);
        Assert.All(metrics.Series, series => Assert.Equal(SeriesFolding.None, series.Folding));

        void Record(string workload, string host, int status)
        {
            exchanges++;
            var peers = new PeerPair(EndpointRole.Client, "client", null, new Party(PartyKind.Workload, "shop", workload));
            var server = new ServerAddress(host, 80);
            Sent.Exchanges((in exchange) => metrics.Record(exchange, peers, server, ""), ("/", status, 7L));
        }

        static string Label(ExchangeSeries series, string name) => series.Peers!.All.Single(label => label.Name == name).Value;
    }
}
