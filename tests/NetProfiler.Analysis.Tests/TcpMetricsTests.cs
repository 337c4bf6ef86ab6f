using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class TcpMetricsTests
{
    private readonly TcpMetrics _metrics = new(maxPairs: 2);

    [Fact]
    public void What_is_told_again_counts_once()
    {
        using var script = Watch(Script.Client());
        var first = Tally(script) with { ReadCalls = 3, WriteCalls = 2, ReadBytes = 100, WriteBytes = 50, ReadNanoseconds = 7,
            WriteNanoseconds = 9, Retransmissions = 1, SetupNanoseconds = 80 };
        Tell(script, first, first, first with { ReadCalls = 4, ReadBytes = 110, Retransmissions = 4, ZeroWindows = 2,
            SendBufferNanoseconds = 5, PeerWindowNanoseconds = 6 });
        var series = Assert.Single(_metrics.Series);
        Assert.Equal(
            (4, 2, 110, 50, 7, 9, 4, 2, 5, 6),
            (series.ReadCalls, series.WriteCalls, series.ReadBytes, series.WriteBytes, series.ReadNanoseconds, series.WriteNanoseconds,
                series.Retransmissions, series.ZeroWindows,
                series.SendBufferNanoseconds, series.PeerWindowNanoseconds));
        Assert.Equal((1, 1, 80), (series.Opened, series.Setup.Counts.ToArray().Sum(), series.Setup.Sum));
    }

    [Fact]
    public void Counts_go_on_beyond_32_bits()
    {
        using var script = Watch(Script.Client());
        Tell(script, Tally(script) with { ReadCalls = uint.MaxValue }, Tally(script) with { ReadCalls = 4 });
        Assert.Equal(uint.MaxValue + 5L, Assert.Single(_metrics.Series).ReadCalls);
    }

    [Fact]
    public void Who_still_connects_has_opened_nothing_and_who_failed_never_will()
    {
        using var script = Watch(Script.Client());
        Tell(script, Tally(script));
        Assert.Equal(0, Assert.Single(_metrics.Series).Opened);
        Tell(script, Tally(script) with { End = ConnectionEnd.Failed });
        Assert.Equal((0, 1), (_metrics.Series.Single().Opened, _metrics.Series.Single().Ended(ConnectionEnd.Failed)));
    }

    [Fact]
    public void An_accepted_connection_counts_though_nothing_moves_on_it()
    {
        using var script = Watch(Script.Server());
        Tell(script, Tally(script), Tally(script) with { End = ConnectionEnd.ResetReceived });
        var series = Assert.Single(_metrics.Series);
        Assert.Equal((EndpointRole.Server, 1, 1), (series.Role, series.Opened, series.Ended(ConnectionEnd.ResetReceived)));
    }

    [Fact]
    public void An_older_connection_was_not_opened_and_has_the_role_of_its_messages()
    {
        using var script = Watch(Script.Older());
        Tell(script, Tally(script) with { ReadCalls = 1 });
        Assert.Equal(EndpointRole.Unknown, Assert.Single(_metrics.Series).Role);
        script.Receives(Get()).Sends(Ok);
        Tell(script, Tally(script) with { ReadCalls = 3 });
        var series = Assert.Single(_metrics.Series, one => one.Role == EndpointRole.Server);
        Assert.Equal((0, 2), (series.Opened, series.ReadCalls));
    }

    [Fact]
    public void Round_trips_are_told_once_a_tally()
    {
        using var script = Watch(Script.Client());
        Tell(script, Tally(script), Tally(script) with { RoundTripMicroseconds = 20 }, Tally(script) with { RoundTripMicroseconds = 40 });
        var series = Assert.Single(_metrics.Series);
        Assert.Equal((2, 60_000), (series.RoundTrip.Counts.ToArray().Sum(), series.RoundTrip.Sum));
    }

    [Fact]
    public void Drops_have_the_kernels_reasons()
    {
        using var script = Watch(Script.Client());
        foreach (string reason in new[] { "netfilter_drop", "tcp_zerowindow", "netfilter_drop" })
            script.Capture.Pipeline.OnDrop(script.Connection, reason, 5);
        script.Capture.Pipeline.OnDrop(script.Connection + 1000, "netfilter_drop", 5);
        Assert.Equal([("netfilter_drop", 2), ("tcp_zerowindow", 1)], Assert.Single(_metrics.Series).Drops);
    }

    [Fact]
    public void Pairs_beyond_the_budget_share_a_series_and_idle_ones_are_let_go()
    {
        using var capture = new Capture();
        capture.Pipeline.Tcp = _metrics;
        for (int i = 0; i < 4; i++)
        {
            using var script = Script.Client(capture, process: 10 + i, name: $"client{i}");
            Tell(script, Tally(script) with { ReadCalls = 1 });
        }

        Assert.Equal(3, _metrics.Series.Count());
        Assert.Equal(2, Assert.Single(_metrics.Series, one => one.Peers is null).ReadCalls);
        _metrics.Expire(Now + ExchangeMetrics.IdleNanoseconds + 1);
        Assert.Null(Assert.Single(_metrics.Series).Peers);
    }

    [Fact]
    public void To_tell_allocates_nothing()
    {
        using var script = Watch(Script.Client());
        Tell(script, Tally(script) with { RoundTripMicroseconds = 1 });
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint i = 0; i < 1000; i++) script.Capture.Pipeline.OnTally(Tally(script) with { ReadCalls = i, RoundTripMicroseconds = i });
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private const long Now = 1_000;

    private Script Watch(Script script)
    {
        script.Capture.Pipeline.Tcp = _metrics;
        return script;
    }

    private static SocketTally Tally(Script script) => new() { Connection = script.Connection, TimeNanoseconds = Now };

    private static void Tell(Script script, params SocketTally[] tallies)
    {
        foreach (var tally in tallies) script.Capture.Pipeline.OnTally(tally);
    }
}
