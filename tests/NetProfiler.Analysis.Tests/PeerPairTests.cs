using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>Pairs of peers come and go for as long as an agent lives: each is named, and none counts for another.</summary>
public sealed class PeerPairTests : IDisposable
{
    private const int MaxSeries = 2;

    private static readonly Party Somebody = new(PartyKind.External, null, "10.0.0.2");

    private readonly ExchangeMetrics _metrics = new(MaxSeries);
    private readonly PhaseMetrics _phases = new(MaxSeries);
    private readonly TcpMetrics _tcp = new(MaxSeries);
    private readonly Edges _edges = new();
    private readonly Capture _capture = new();

    public PeerPairTests()
    {
        _capture.Pipeline.Tcp = _tcp;
        _capture.Sink.Also = (in exchange) => Record(exchange, PeersOf(exchange.Connection.Id));
    }

    public void Dispose() => _capture.Dispose();

    [Fact]
    public void A_container_that_was_started_again_is_the_same()
    {
        var pairs = new PeerPairs();
        ContainerIdentity first = new("1", "shop", "cart-1", "app", "Deployment/cart"), again = first with { Id = "2" },
            other = again with { Name = "sidecar" };
        PeerPair[] met = [.. new[] { first, again,
            other }.Select(container => pairs.Of(EndpointRole.Server, new ProcessIdentity(1, "nginx", container), Somebody))];
        Assert.Same(met[0], met[1]);
        Assert.NotEqual(met[0].Labels, met[2].Labels);
    }

    [Fact]
    public void Every_pair_is_named_however_many_there_were()
    {
        var pairs = new PeerPairs();
        const int Count = 3 * PeerPairs.MaxPairs + 1;
        var names = Enumerable.Range(0, Count)
            .Select(i => pairs.Of(EndpointRole.Server, new ProcessIdentity(1, "server"), new Party(PartyKind.External, null, $"{i}"))
            .Remote.Label);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), names);
    }

    [Fact]
    public void A_pair_that_was_forgotten_and_is_met_again_counts_as_before()
    {
        var lasting = Script.Server(_capture).Receives(Get()).Sends(Ok);
        var peers = PeersOf(lasting.Connection);
        MeetOthers(PeerPairs.MaxPairs);
        var late = Script.Server(_capture).Receives(Get()).Sends(Ok);
        Assert.NotSame(peers, PeersOf(late.Connection)); // it was forgotten
        Assert.Same(peers, PeersOf(lasting.Connection)); // and a connection keeps its own
        lasting.Receives(Get()).Sends(Ok);
        foreach (var script in new[] { lasting, late })
            _capture.Pipeline.OnTally(new SocketTally { Connection = script.Connection, TimeNanoseconds = 1, ReadCalls = 5 });

        var series = Assert.Single(_metrics.Series);
        Assert.Equal((peers.Labels, 3), (series.Peers, series.Duration.Counts.ToArray().Sum()));
        Assert.Equal(3, Assert.Single(_phases.Series)[ExchangePhase.Application]!.Counts.ToArray().Sum());
        Assert.Equal(10, Assert.Single(_tcp.Series).ReadCalls);
        Assert.Equal(3, Assert.Single(_edges.Snapshot()).Requests);
    }

    [Fact]
    public void Pairs_that_come_when_others_were_idle_for_a_quarter_of_an_hour_have_series_of_their_own()
    {
        MeetOthers(PeerPairs.MaxPairs);
        for (int round = 0; round < 3; round++)
        {
            string[] processes = [.. Enumerable.Range(0, MaxSeries + 1).Select(i => $"server{round}{i}")];
            foreach (string process in processes)
            {
                var script = Script.Server(_capture, name: process).Receives(Get()).Sends(Ok);
                _capture.Pipeline.OnTally(new SocketTally { Connection = script.Connection, TimeNanoseconds = _capture.Time.Nanoseconds,
                    ReadCalls = 1 });
            }

            foreach (var named in new[] { _metrics.Series.Select(one => one.Peers), _phases.Series.Select(one => one.Peers),
                _tcp.Series.Select(one => one.Peers) })
                Assert.Equal([null, .. processes[..MaxSeries]],
                    named.Select(peers => peers?.All.Single(label => label.Name == "process").Value).Order());
            foreach (var counts in new[] { _metrics.Series.Select(one => one.Duration.Counts.ToArray().Sum()),
                _phases.Series.Select(one => one[ExchangePhase.Application]!.Counts.ToArray().Sum()),
                _tcp.Series.Select(one => one.ReadCalls) })
                Assert.Equal([1, 1, round + 1], counts.Order());

            _capture.Time.Advance(ExchangeMetrics.IdleNanoseconds + 1);
            _metrics.Expire(_capture.Time.Nanoseconds);
            _phases.Expire(_capture.Time.Nanoseconds);
            _tcp.Expire(_capture.Time.Nanoseconds);
        }
    }

    [Fact]
    public void Pairs_of_equal_labels_are_one_to_metrics_and_their_own_to_the_topology()
    {
        PeerPair[] pairs =
        [
            .. new Party[] { new(PartyKind.Workload, "shop", "Deployment/cart"), new(PartyKind.Workload, "shop", "StatefulSet/cart"),
                new(PartyKind.Pod, "shop", "cart") }
                .Select(remote => new PeerPair(EndpointRole.Server, "nginx", null, remote)),
        ];
        _capture.Sink.Also = (in exchange) =>
        {
            foreach (var pair in pairs) Record(exchange, pair);
        };
        Script.Server(_capture).Receives(Get()).Sends(Ok);

        Assert.Equal(3, Assert.Single(_metrics.Series).Duration.Counts.ToArray().Sum());
        Assert.Equal(3, Assert.Single(_phases.Series)[ExchangePhase.Application]!.Counts.ToArray().Sum());
        Assert.Equal(pairs.Select(pair => pair.Remote), _edges.Snapshot().Select(edge => edge.Remote));
    }

    [Fact]
    public void Pairs_that_differ_in_a_label_or_the_role_are_not()
    {
        var cart = new ContainerIdentity("", "shop", "cart-1", "app", "Deployment/cart");
        PeerPair[] pairs =
        [
            new(EndpointRole.Server, "nginx", cart, Somebody),
            new(EndpointRole.Client, "nginx", cart, Somebody),
            new(EndpointRole.Server, "curl", cart, Somebody),
            new(EndpointRole.Server, "nginx", null, Somebody),
            new(EndpointRole.Server, "nginx", cart with { Namespace = "pay" }, Somebody),
            new(EndpointRole.Server, "nginx", cart with { PodName = "cart-2" }, Somebody),
            new(EndpointRole.Server, "nginx", cart with { Name = "sidecar" }, Somebody),
            new(EndpointRole.Server, "nginx", cart with { Workload = "Deployment/stock" }, Somebody),
            new(EndpointRole.Server, "nginx", cart, Somebody with { Name = "10.0.0.3" }),
            new(EndpointRole.Server, "nginx", cart, Somebody with { Kind = PartyKind.Process }),
        ];
        Assert.Equal(pairs.Length, pairs.Select(pair => pair.Labels).Distinct().Count());
    }

    [Fact]
    public void An_edge_counts_for_all_processes_of_its_workload_however_many_there_were()
    {
        const int Count = 2 * PeerPairs.MaxPairs + 1;
        var cart = new ContainerIdentity("", "shop", "cart-1", "app", "Deployment/cart");
        _capture.Sink.Also = (in exchange) =>
        {
            for (int i = 0; i < Count; i++) _edges.Record(exchange, new PeerPair(EndpointRole.Server, $"worker{i}", cart, Somebody));
        };
        Script.Server(_capture).Receives(Get()).Sends(Ok);
        Assert.Equal(Count, Assert.Single(_edges.Snapshot()).Requests);
    }

    private void Record(in Exchange exchange, PeerPair peers)
    {
        _metrics.Record(exchange, peers, server: null, "");
        _phases.Record(exchange, peers);
        _edges.Record(exchange, peers);
    }

    private void MeetOthers(int count)
    {
        for (ulong i = 0; i < (ulong)count; i++)
        {
            ulong connection = (1UL << 40) + i;
            _capture.Open(connection, 1, $"other{i}", Script.Address(3, 80), Script.Address(4, 40_000), isFromStart: true);
            PeersOf(connection);
            _capture.Pipeline.OnClose(new SocketClose(connection, _capture.Time.Nanoseconds, IsHeld: false));
        }
    }

    private PeerPair PeersOf(ulong connection) => _capture.Pipeline.PeersOf(_capture.Pipeline.Find(connection)!);
}
