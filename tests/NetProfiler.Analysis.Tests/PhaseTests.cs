using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class PhaseTests
{
    private const long Call = Script.CallNanoseconds;
    private const long Think = Script.ThinkNanoseconds;

    [Fact]
    public void No_phase_is_negative_and_their_sum_is_the_duration_whatever_the_times_are()
    {
        for (int seed = 1; seed <= 100_000; seed++)
        {
            var random = new Random(seed);
            long Time() => random.Next(5) == 0 ? 0 : random.NextInt64(1, 1_000);
            long arrived = Time(), start = Time(), requestEnd = Time(), answering = Time(), read = Time(), end = Time();
            long duration = long.Max(0, end - start);

            var server = ExchangePhases.OfServer(arrived, start, requestEnd, answering, end);
            Assert.Equal(duration, server.ReceiveNanoseconds + server.ApplicationNanoseconds + server.WriteNanoseconds);
            Assert.Equal(arrived == 0 ? null : long.Max(0, start - arrived), server.QueueNanoseconds);

            var client = ExchangePhases.OfClient(start, requestEnd, arrived, read, end);
            Assert.Equal(duration, client.SendNanoseconds + client.WaitNanoseconds + (client.QueueNanoseconds ?? 0)
                + client.ReceiveNanoseconds);
            Assert.Equal(arrived == 0, client.QueueNanoseconds is null);

            foreach (var phases in new[] { server, client })
            {
                Assert.True(
                    phases is { ReceiveNanoseconds: >= 0, ApplicationNanoseconds: >= 0, WriteNanoseconds: >= 0, SendNanoseconds: >= 0,
                        WaitNanoseconds: >= 0, QueueNanoseconds: null or >= 0 },
                    $"seed {seed}: {phases}");
            }
        }
    }

    [Fact]
    public void A_server_reads_works_and_writes()
    {
        using var script = Script.Server();
        script.ReadyFor(700).Receives(Post("/", "hello")[..^2]).Waits(1_000).ReadyFor(9).Receives("lo").Waits(20_000)
            .Sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").Waits(300_000).Sends("hi").Closes();
        var phases = Assert.Single(script.Capture.Sink.Exchanges).Phases;
        Assert.Equal((700, 1_000 + Think + Call, 20_000 + Think, 300_000 + 2 * Call + Think), Server(phases));
    }

    [Fact]
    public void A_client_writes_waits_lets_lie_and_reads()
    {
        using var script = Script.Client();
        script.Sends(Post("/", "hello")[..^2]).Waits(1_000).Sends("lo").Waits(20_000)
            .ReadyFor(700).Receives("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").Waits(300_000).ReadyFor(5).Receives("hi").Closes();
        var phases = Assert.Single(script.Capture.Sink.Exchanges).Phases;
        Assert.Equal((1_000 + 2 * Call + Think, 20_000 + Think + Call - 700, 700, 300_000 + Think + Call), Client(phases));
    }

    [Fact]
    public void What_is_not_known_to_have_lain_ready_is_not_told()
    {
        using var script = Script.Server().ReadyFor(500, bytes: (uint)Get("/a").Length).Receives(Get("/a") + Get("/b")).Sends(Ok)
            .Sends(Ok).Closes();
        Assert.Equal([500, null], script.Capture.Sink.Exchanges.Select(one => one.Phases.QueueNanoseconds));
    }

    [Fact]
    public void Requests_that_came_in_one_segment_lay_ready_together()
    {
        using var script = Script.Server().ReadyFor(500).Receives(Get("/a") + Get("/b")).Sends(Ok).Sends(Ok).Closes();
        Assert.Equal([500, 500], script.Capture.Sink.Exchanges.Select(one => one.Phases.QueueNanoseconds));
    }

    [Fact]
    public void A_head_in_parts_lay_ready_from_its_first_byte_on()
    {
        using var script = Script.Server().ReadyFor(500, bytes: 2).Receives("GE").ReadyFor(3).Receives("T / HTTP/1.1\r\n\r\n")
            .Sends(Ok).Closes();
        Assert.Equal(500, script.Capture.Sink.Exchanges[0].Phases.QueueNanoseconds);
        Assert.Equal(Think + Call, script.Capture.Sink.Exchanges[0].Phases.ReceiveNanoseconds);
    }

    [Fact]
    public void Bytes_told_twice_do_not_move_what_is_known_of_those_behind_them()
    {
        using var script = Script.Server().ReadyFor(100).Receives(Get("/a"));
        var both = script.Latest! with { Bytes = Script.Bytes(Get("/a") + Get("/b")), Length = (uint)(Get("/a") + Get("/b")).Length,
            ReadyFor = 300, ReadyLength = (uint)Get("/a").Length };
        script.Deliver(both).Sends(Ok).Sends(Ok).Closes();
        Assert.Equal([100, null], script.Capture.Sink.Exchanges.Select(one => one.Phases.QueueNanoseconds));
    }

    [Fact]
    public void An_early_answer_ends_the_reading_of_the_request()
    {
        using var script = Script.Server().ReadyFor(1).Receives(Post("/", "hello")[..^2]).Sends(Ok).Receives("lo").Closes();
        Assert.Equal((1, Think, 0, Call), Server(script.Capture.Sink.Exchanges[0].Phases));
    }

    [Fact]
    public void Retransmissions_are_those_of_the_exchange()
    {
        using var script = Script.Client().HasRetransmitted(5).Sends(Get()).HasRetransmitted(8).Receives(Ok).Sends(Get())
            .Receives(Ok).Closes();
        Assert.Equal([3u, 0u], script.Capture.Sink.Exchanges.Select(one => one.Retransmissions));
    }

    [Fact]
    public void Pairs_beyond_the_budget_share_a_series_and_idle_ones_are_let_go()
    {
        var metrics = new PhaseMetrics(maxPairs: 2);
        using var capture = new Capture();
        PeerPair[] pairs = [.. Enumerable.Range(0, 4)
            .Select(i => new PeerPair(EndpointRole.Server, "a", null, new Party(PartyKind.External, null, $"{i}")))];
        capture.Sink.Also = (in Exchange exchange) =>
        {
            foreach (var pair in pairs) metrics.Record(exchange, pair);
        };
        using var script = Script.Server(capture).ReadyFor(1).Receives(Get()).Sends(Ok).Closes();
        Assert.Equal(3, metrics.Series.Count());
        Assert.Equal(4, metrics.Series.Sum(one => one[ExchangePhase.Application]!.Counts.ToArray().Sum()));
        Assert.Equal(2, Assert.Single(metrics.Series, one => one.Peers is null)[ExchangePhase.Queue]!.Counts.ToArray().Sum());
        metrics.Expire(capture.Time.Nanoseconds + ExchangeMetrics.IdleNanoseconds + 1);
        Assert.Null(Assert.Single(metrics.Series).Peers);
    }

    private static (long?, long, long, long) Server(in ExchangePhases phases) =>
        (phases.QueueNanoseconds, phases.ReceiveNanoseconds, phases.ApplicationNanoseconds, phases.WriteNanoseconds);

    private static (long, long, long?, long) Client(in ExchangePhases phases) =>
        (phases.SendNanoseconds, phases.WaitNanoseconds, phases.QueueNanoseconds, phases.ReceiveNanoseconds);
}
