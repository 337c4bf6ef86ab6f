using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>
/// How many requests are in flight, after each call. That none is left behind is asserted at the end of every script, mutations and losses
/// included.
/// </summary>
public class InFlightTests
{
    private const string Stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public void A_request_is_in_flight_from_its_head_to_the_last_byte_of_its_response()
    {
        using var script = Script.Server();
        Assert.Equal(0, After(script.Receives("POST /a HTTP/1.1\r\nHost: a\r\n")));
        Assert.Equal(1, After(script.Receives("Content-Length: 2\r\n\r\n")));
        Assert.Equal(1, After(script.Receives("ab")));
        Assert.Equal(1, After(script.Sends("HTTP/1.1 100 Continue\r\n\r\n")));
        Assert.Equal(1, After(script.Sends("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")));
        Assert.Equal(0, After(script.Sends("c")));
    }

    [Fact]
    public void Pipelined_requests_are_all_in_flight()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b") + Get("/c"));
        Assert.Equal(3, After(script));
        Assert.Equal(2, After(script.Sends(Response(200))));
        Assert.Equal(0, After(script.Sends(Response(200) + Response(200))));
    }

    [Fact]
    public void A_stream_is_in_flight_while_it_is_open()
    {
        using var script = Script.Server().Receives(Get("/events")).Sends(Stream);
        for (int i = 0; i < 3; i++) Assert.Equal(1, After(script.Sends("6\r\ndata: \r\n").Waits(60_000_000_000)));
        Assert.Equal(0, After(script.Closes(ConnectionEnd.PeerFin)));
        Assert.Equal(["GET /events 200 client-closed"], script.Capture.Sink.Unfinished);
    }

    [Fact]
    public void An_early_response_leaves_the_request_in_flight_until_it_ends()
    {
        using var script = Script.Server().Receives("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").Sends(Response(413));
        Assert.Equal(1, After(script));
        Assert.Equal(0, After(script.Receives("cd")));
    }

    [Fact]
    public void What_a_loss_takes_from_the_queue_is_not_in_flight_any_more()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b"));
        Assert.Equal(2, After(script));
        Assert.Equal(0, After(script.Loses().Sends(Response(200)).Sends(Response(200))));
    }

    [Fact]
    public void A_request_on_a_connection_older_than_the_run_is_in_flight_until_it_is_answered()
    {
        using var script = Script.Older().Receives(Get("/a"));
        Assert.Equal(1, After(script));
        Assert.Equal(0, After(script.Sends(Response(200))));
        Assert.Empty(script.Capture.Sink.Exchanges); // not proven yet
    }

    [Fact]
    public void What_is_not_http_is_not_in_flight()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
        Assert.Equal(0, After(script.Receives(Get("/within"))));
    }

    [Fact]
    public void What_is_under_way_when_profiling_ends_is_not_in_flight_after_it()
    {
        using var script = Script.Server().Receives(Get("/a"));
        script.Capture.Pipeline.Finish();
        Assert.Equal(0, After(script));
    }

    private static long After(Script script) => script.Capture.Sink.InFlight.Count;
}
