using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class ConnectionLifeTests
{
    private const long MinuteNanoseconds = 60_000_000_000;

    [Fact]
    public void A_process_that_exits_ends_its_unix_connections()
    {
        using var capture = new Capture();
        Script.Unix(capture, process: 7).Receives(Get("/a"));
        Script.Unix(capture, process: 8).Receives(Get("/b"));
        Script.Server(capture, process: 7).Receives(Get("/c"));
        capture.Pipeline.OnProcessExit(7, capture.Time.Nanoseconds);
        Assert.Equal(2, capture.Pipeline.Connections);
        Assert.Equal(["NoResponse 1"], capture.Unpaired);
    }

    [Fact]
    public void A_connection_whose_end_was_lost_is_swept_when_the_kernel_has_it_no_more()
    {
        using var capture = new Capture();
        var lost = Script.Server(capture).Receives(Get("/a")).Sends(Ok).Receives(Get("/b"));
        Script.Client(capture).Sends(Get("/c"));
        capture.Kernel.Gone.Add(lost.Connection);

        capture.Pipeline.Sweep(capture.Time.Nanoseconds + MinuteNanoseconds - 100_000);
        Assert.Equal(2, capture.Pipeline.Connections);
        capture.Pipeline.Sweep(capture.Time.Nanoseconds + MinuteNanoseconds + 1);
        Assert.Equal(1, capture.Pipeline.Connections);
        Assert.Equal(1, capture.Statistics.ConnectionsSwept);
        Assert.Equal(["NoResponse 1"], capture.Unpaired);
    }

    [Fact]
    public void A_connection_handed_to_another_process_is_that_processes()
    {
        using var script = Script.Server(name: "parent").Receives(Get("/a")).Sends(Ok).IsUsedBy(9, "worker").Receives(Get("/b"))
            .Sends(Ok).Closes();
        Assert.Equal(["parent", "worker"], script.Capture.Sink.Exchanges.Select(exchange => exchange.Process));
        Assert.Equal(1, script.Capture.Statistics.ConnectionsHttp);
    }

    [Fact]
    public void What_is_under_way_when_profiling_ends_is_in_flight()
    {
        using var capture = new Capture();
        Script.Server(capture).Receives(Get("/a") + Get("/b"));
        Script.Server(capture).Receives(Get("/c")).Sends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        Script.Server(capture).Receives("GET /d");
        Script.Server(capture).Receives(Get("/e")).Sends(Ok);
        capture.Finish();
        Assert.Equal(["InFlight 4"], capture.Unpaired);
        Assert.Equal(["GET /e 200"], capture.Lines);
    }

    [Fact]
    public void A_response_until_the_close_is_in_flight_when_profiling_ends()
    {
        using var script = Script.Server().Receives(Get()).Sends("HTTP/1.0 200 OK\r\n\r\nhello");
        script.Capture.Finish();
        script.Shows().Counts("InFlight 1");
    }

    [Fact]
    public void Bytes_of_a_connection_unknown_are_discarded()
    {
        using var capture = new Capture();
        new Transfer(999, Direction.Ingress, SocketCall.Read, 0, Script.Bytes(Get()), 0, 1).Deliver(capture.Pipeline);
        capture.Pipeline.OnEnd(999, Direction.Ingress, 2);
        capture.Pipeline.OnClose(new SocketClose(999, 3, IsHeld: false));
        Assert.Equal(Get().Length, capture.Statistics.DiscardedBytes);
    }

    [Fact]
    public void No_more_connections_than_65536_are_kept()
    {
        using var capture = new Capture();
        for (ulong id = 1; id <= 65_537; id++)
            capture.Open(1_000_000_000 + id, 1, "server", Script.Address(1, 80), Script.Address(2, (ushort)id), isFromStart: true);
        Assert.Equal((65_536, 1), (capture.Pipeline.Connections, capture.Statistics.ConnectionsRefused));
    }

    [Fact]
    public void A_closed_connections_object_begins_anew()
    {
        using var capture = new Capture();
        Script.Server(capture).Receives($"PUT /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\n").Sends("HTTP/1.1 2").Closes();
        Script.Client(capture).Sends(Get("/b")).Receives(Ok).Closes();
        Script.Server(capture).Receives(Get("/c") + Get("/d")).Sends(Ok).Sends(Ok).Closes();
        Script.Server(capture).Loses().Receives(Get("/e")).Sends(Response(201)).Receives(Get("/f")).Sends(Response(202))
            .Recovers().Closes();
        Assert.Equal(["GET /b 200", "GET /c 200", "GET /d 200", "GET /y 231", "GET /z 232"], capture.Lines);
        Assert.Equal(["ResponseIncomplete 1", "ResponseWithoutRequest 1", "Unproven 1"], capture.Unpaired);
    }

    [Fact]
    public void The_other_end_on_this_machine_is_found_by_address()
    {
        using var capture = new Capture();
        var peers = new List<string?>();
        Script.Server(capture, name: "shop");
        Script.Client(capture, name: "curl").Sends(Get());
        foreach (var (local, remote, expected) in new[] { (Script.Address(1, 80), Script.Address(2, 40_000), "curl"),
            (Script.Address(2, 40_000), Script.Address(1, 80), "shop") })
        {
            var connection = Capture.NewConnection();
            connection.Open(new SocketOpen { Connection = 0, ProcessId = 1, ProcessName = [], Local = local, Remote = remote },
                new ProcessIdentity(1, ""));
            Assert.Equal(expected, capture.Pipeline.PeerOf(connection)?.Name);
        }
    }
}
