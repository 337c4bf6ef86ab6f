using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>Requests that got no whole response: which, who ended it, how, and after how long.</summary>
public class OutcomeTests
{
    private const string Begun = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";

    [Theory]
    [InlineData(ConnectionEnd.PeerFin, "client-closed", "server-closed")]
    [InlineData(ConnectionEnd.Fin, "server-closed", "client-closed")]
    [InlineData(ConnectionEnd.ResetReceived, "client-reset", "server-reset")]
    [InlineData(ConnectionEnd.ResetSent, "server-reset", "client-reset")]
    [InlineData(ConnectionEnd.Timeout, "unknown", "unknown")]
    public void Who_ended_it_is_told_from_either_end(ConnectionEnd end, string atServer, string atClient)
    {
        using var server = Script.Server().Receives(Get("/a")).Sends(Begun).Receives(Get("/b")).Closes(end).Shows();
        Assert.Equal([$"GET /a 200 {atServer}", $"GET /b - {atServer}"], server.Capture.Sink.Unfinished);
        Assert.Equal([Begun.Length, 0], server.Capture.Sink.UnfinishedSizes.Select(one => one.ResponseBytes));
        server.Counts("NoResponse 1", "ResponseIncomplete 1");

        using var client = Script.Client().Sends(Get("/a")).Receives(Begun).Closes(end).Shows();
        Assert.Equal([$"GET /a 200 {atClient}"], client.Capture.Sink.Unfinished);
    }

    [Fact]
    public void Where_the_kernel_does_not_tell_who_was_first_the_end_of_the_peers_stream_does()
    {
        using var closed = Script.Unix().Receives(Get("/a"));
        closed.Capture.Pipeline.OnEnd(closed.Connection, Direction.Ingress, closed.Capture.Time.Nanoseconds);
        closed.Closes().Shows();
        Assert.Equal(["GET /a - client-closed"], closed.Capture.Sink.Unfinished);

        using var left = Script.Unix().Receives(Get("/a")).Closes().Shows();
        Assert.Equal(["GET /a - server-closed"], left.Capture.Sink.Unfinished);
    }

    [Theory]
    [InlineData(ConnectionEnd.Fin)]
    [InlineData(ConnectionEnd.ResetSent)]
    public void A_process_that_ended_has_not_closed(ConnectionEnd end)
    {
        using var script = Script.Server().Receives(Get("/a"));
        script.Capture.Pipeline.OnProcessExit(1, script.Capture.Time.Nanoseconds + 1);
        script.Closes(end).Shows();
        Assert.Equal(["GET /a - process-ended"], script.Capture.Sink.Unfinished);
    }

    [Fact]
    public void A_client_that_had_gone_before_the_process_ended_has_closed()
    {
        using var script = Script.Server().Receives(Get("/a"));
        script.Capture.Pipeline.OnProcessExit(1, script.Capture.Time.Nanoseconds + 1);
        script.Closes(ConnectionEnd.PeerFin).Shows();
        Assert.Equal(["GET /a - client-closed"], script.Capture.Sink.Unfinished);
    }

    [Fact]
    public void Another_process_that_goes_on_with_the_connection_has_closed_it()
    {
        using var script = Script.Server();
        script.Capture.Pipeline.OnProcessExit(1, script.Capture.Time.Nanoseconds);
        script.Receives(Get("/a")).Closes(ConnectionEnd.Fin).Shows();
        Assert.Equal(["GET /a - server-closed"], script.Capture.Sink.Unfinished);
    }

    [Fact]
    public void What_is_under_way_when_profiling_ends_is_unknown()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(Begun).Receives(Get("/b"));
        script.Capture.Pipeline.Finish();
        script.Shows().Counts("InFlight 2");
        Assert.Equal(["GET /a 200 unknown", "GET /b - unknown"], script.Capture.Sink.Unfinished);
    }

    [Fact]
    public void Nothing_is_told_of_requests_whose_answers_may_have_been_lost()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b")).Loses().Sends(Response(200)).Receives(Get("/c"))
            .Closes(ConnectionEnd.PeerFin).Shows();
        Assert.Empty(script.Capture.Sink.Unfinished);
    }

    [Fact]
    public void It_lasts_until_the_connection_ends()
    {
        using var script = Script.Server().Receives(Get("/a"));
        long received = script.Capture.Time.Nanoseconds;
        script.Pauses().Closes(ConnectionEnd.PeerFin);
        Assert.Equal(script.Capture.Time.Nanoseconds - received, script.Capture.Sink.UnfinishedSizes[0].DurationNanoseconds);
        Assert.True(script.Capture.Sink.UnfinishedSizes[0].DurationNanoseconds >= Script.QuietNanoseconds);
    }

    [Fact]
    public void A_body_that_the_close_ends_is_whole_and_one_that_a_reset_cuts_is_not()
    {
        const string untilClose = "HTTP/1.1 200 OK\r\n\r\nhello";
        using var closed = Script.Server().Receives(Get("/a")).Sends(untilClose).Closes(ConnectionEnd.Fin).Shows("GET /a 200");
        Assert.Empty(closed.Capture.Sink.Unfinished);
        using var cut = Script.Server().Receives(Get("/a")).Sends(untilClose).Closes(ConnectionEnd.ResetReceived).Shows();
        Assert.Equal(["GET /a 200 client-reset"], cut.Capture.Sink.Unfinished);
    }
}
