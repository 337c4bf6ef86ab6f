using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class RoleAndTimeTests
{
    private const long Call = Script.CallNanoseconds;
    private const long Think = Script.ThinkNanoseconds;

    [Fact]
    public void Who_receives_requests_is_a_server()
    {
        using var script = Script.Server().Receives(Get()).Sends(Ok).Closes();
        Assert.Equal(EndpointRole.Server, Assert.Single(script.Capture.Sink.Exchanges).Role);
    }

    [Fact]
    public void Who_accepted_and_sends_requests_is_a_client()
    {
        using var script = Script.Server().Sends(Get()).Receives(Ok).Closes();
        Assert.Equal(EndpointRole.Client, Assert.Single(script.Capture.Sink.Exchanges).Role);
    }

    [Fact]
    public void A_servers_time_runs_from_the_reads_return_to_the_end_of_the_last_write()
    {
        using var script = Script.Server().Receives(Get());
        long read = script.Capture.Time.Nanoseconds;
        script.Waits(500).Sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").Sends("h").Waits(7_000).Sends("i").Closes();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal(read, exchange.Start);
        Assert.Equal(500 + Think + Call, exchange.FirstByte);
        Assert.Equal(500 + 3 * (Think + Call) + 7_000, exchange.Duration);
    }

    [Fact]
    public void A_clients_time_runs_from_the_first_writes_start_to_the_last_reads_return()
    {
        using var script = Script.Client();
        long write = script.Capture.Time.Nanoseconds + Think;
        script.Sends(Post("/", "hello")[..^5]).Sends("hello").Waits(500).Receives("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
            .Receives("h").Closes();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal(write, exchange.Start);
        Assert.Equal(Call + 500 + 2 * (Think + Call), exchange.FirstByte);
        Assert.Equal(exchange.FirstByte + Think + Call, exchange.Duration);
    }

    [Fact]
    public void The_first_byte_is_the_final_responses()
    {
        using var script = Script.Server().Receives(Get()).Sends(ResponseHead(103, "X: y")).Sends(Ok).Closes();
        Assert.Equal(2 * (Think + Call), script.Capture.Sink.Exchanges[0].FirstByte);
    }

    [Fact]
    public void A_request_in_parts_begins_with_its_first_byte()
    {
        using var script = Script.Server().Receives("GE");
        long first = script.Capture.Time.Nanoseconds;
        script.Receives("T / HTTP/1.1\r\n").Receives("\r\n").SendsByByte(Ok).Closes();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal(first, exchange.Start);
        Assert.Equal(3 * (Think + Call), exchange.FirstByte);
        Assert.Equal((2 + Ok.Length) * (Think + Call), exchange.Duration);
    }

    [Fact]
    public void No_time_is_negative_when_the_response_was_seen_first()
    {
        using var script = Script.Server();
        var late = new Transfer(script.Connection, Direction.Ingress, SocketCall.Read, 0, Script.Bytes(Get()), 0, 3_000);
        var early = new Transfer(script.Connection, Direction.Egress, SocketCall.Write, 0, Script.Bytes(Ok), 1_000, 2_000);
        script.Deliver(early).Deliver(late).Closes();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal((0, 0), (exchange.FirstByte, exchange.Duration));
    }

    [Fact]
    public void A_call_whose_start_is_not_known_starts_when_it_returns()
    {
        using var script = Script.Client();
        script.Deliver(new Transfer(script.Connection, Direction.Egress, SocketCall.Write, 0, Script.Bytes(Get()), 0, 3_000))
            .Deliver(new Transfer(script.Connection, Direction.Ingress, SocketCall.Read, 0, Script.Bytes(Ok), 0, 5_000)).Closes();
        Assert.Equal((3_000, 2_000), (script.Capture.Sink.Exchanges[0].Start, script.Capture.Sink.Exchanges[0].Duration));
    }
}
