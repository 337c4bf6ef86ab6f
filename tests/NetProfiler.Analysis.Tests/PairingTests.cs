using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class PairingTests
{
    [Fact]
    public void A_request_and_its_response_are_one_exchange()
    {
        using var script = Script.Server().Receives(Post("/cart?id=1", "hello")).Sends(Response(404, "no such cart")).Closes();
        var exchange = Assert.Single(script.Capture.Sink.Exchanges);
        Assert.Equal("POST /cart?id=1 404", exchange.Line);
        Assert.Equal(Post("/cart?id=1", "hello").Length, exchange.RequestBytes);
        Assert.Equal(5, exchange.RequestBodyBytes);
        Assert.Equal(Response(404, "no such cart").Length, exchange.ResponseBytes);
        Assert.Equal(12, exchange.ResponseBodyBytes);
        script.Counts().HasGaps();
    }

    [Fact]
    public void Keep_alive_gives_an_exchange_for_each_request()
    {
        using var script = Script.Server();
        for (int i = 0; i < 5; i++) script.Receives(Get($"/{i}")).Sends(Response(200 + i));
        script.Closes().Shows("GET /0 200", "GET /1 201", "GET /2 202", "GET /3 203", "GET /4 204").Counts();
    }

    [Fact]
    public void A_response_that_was_under_way_when_the_connection_was_reset_counts() =>
        Script.Server().Receives(Get("/late")).IsReset().Sends(Response(200, "hello")).Closes().Shows("GET /late 200").Counts().Dispose();

    [Fact]
    public void Pipelined_requests_are_answered_in_their_order() => Play(Script.Server()
        .Receives(Get("/a") + Get("/b") + Get("/c")).Sends(Response(201, "a") + Response(202, "bb")).Receives(Get("/d"))
        .Sends(Response(203)).Sends(Response(205)), "GET /a 201", "GET /b 202", "GET /c 203", "GET /d 205");

    [Theory]
    [InlineData("HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "HEAD / 200")]
    [InlineData("HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD / 200")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", "GET / 204")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n", "GET / 304")]
    public void Responses_to_HEAD_and_with_204_and_304_have_no_body(string request, string response, string expected)
    {
        using var script = Script.Server().Receives(request).Sends(response).Receives(Get("/next")).Sends(Ok).Closes()
            .Shows(expected, "GET /next 200").Counts();
        Assert.Equal(0, script.Capture.Sink.Exchanges[0].ResponseBodyBytes);
        Assert.Equal(response.Length, script.Capture.Sink.Exchanges[0].ResponseBytes);
    }

    [Fact]
    public void Interim_responses_belong_to_the_final_one()
    {
        string hints = ResponseHead(103, "Link: </style.css>");
        using var script = Script.Server().Receives(Get()).Sends(ResponseHead(102, "X: y")).Sends(hints)
            .Sends(Response(200, "hello")).Closes()
            .Shows("GET / 200").Counts();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal(ResponseHead(102, "X: y").Length + hints.Length + Response(200, "hello").Length, exchange.ResponseBytes);
        Assert.Equal(5, exchange.ResponseBodyBytes);
    }

    [Fact]
    public void A_client_that_expects_100_continue_waits_for_it() => Play(Script.Client()
        .Sends("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").Receives(Continue)
        .Sends("hello").Receives(Response(201)), "PUT /a 201");

    [Fact]
    public void Or_does_not_wait_for_it() => Play(Script.Client()
        .Sends("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").Sends("hello")
        .Receives(Continue).Receives(Response(201)), "PUT /a 201");

    [Fact]
    public void A_response_before_the_requests_end_ends_with_it()
    {
        using var script = Script.Server().Receives("POST /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n").Receives(new string('x', 40))
            .Sends(Response(413));
        Assert.Empty(script.Capture.Lines);
        script.Receives(new string('x', 60)).Receives(Get("/b")).Sends(Ok).Closes().Shows("POST /a 413", "GET /b 200").Counts();
        Assert.Equal(100, script.Capture.Sink.Exchanges[0].RequestBodyBytes);
    }

    [Fact]
    public void A_response_before_the_requests_end_counts_when_the_connection_closes()
    {
        using var script = Script.Server().Receives("POST /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n").Receives(new string('x', 40))
            .Sends(Response(413)).Closes()
            .Shows("POST /a 413").Counts();
        Assert.Equal(40, script.Capture.Sink.Exchanges[0].RequestBodyBytes);
        Assert.Equal("POST /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n".Length + 40, script.Capture.Sink.Exchanges[0].RequestBytes);
    }

    [Fact]
    public void A_response_without_length_ends_at_the_end_of_its_direction()
    {
        using var script = Script.Server().Receives(Get()).Sends("HTTP/1.0 200 OK\r\n\r\nhello").Sends(" world");
        Assert.Empty(script.Capture.Lines);
        script.Ends(Direction.Egress).Shows("GET / 200").Closes().Shows("GET / 200").Counts();
        Assert.Equal(11, script.Capture.Sink.Exchanges[0].ResponseBodyBytes);
    }

    [Fact]
    public void A_response_without_length_ends_at_the_close_too() =>
        Play(Script.Client().Sends(Get()).Receives("HTTP/1.0 200 OK\r\n\r\nhello"), "GET / 200");

    [Fact]
    public void The_end_of_the_requests_ends_no_response() =>
        Play(Script.Client().Sends(Get()).Ends(Direction.Egress).Receives("HTTP/1.0 200 OK\r\n\r\nhello").Receives(" world"), "GET / 200");

    [Fact]
    public void A_connection_upgraded_speaks_no_HTTP_any_more()
    {
        using var script = Script.Server().Receives("GET /chat HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            .Sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n").Receives("GET /no HTTP/1.1\r\n\r\n").Closes()
            .Shows("GET /chat 101").Counts();
        Assert.Equal(["ignore"], script.Capture.Kernel.Told);
        Assert.Equal(1, script.Capture.Statistics.ConnectionsTunneled);
    }

    [Fact]
    public void A_tunnel_is_none_of_our_business()
    {
        using var script = Script.Server().Receives("CONNECT example:443 HTTP/1.1\r\n\r\n").Receives(Get("/inner"))
            .Sends("HTTP/1.1 200 OK\r\n\r\n").Closes()
            .Shows("CONNECT example:443 200").Counts();
        Assert.Equal(["ignore"], script.Capture.Kernel.Told);
    }

    [Fact]
    public void After_a_CONNECT_refused_requests_go_on() => Play(Script.Server()
        .Receives("CONNECT example:443 HTTP/1.1\r\n\r\n" + Get("/next")).Sends(Response(407, "who?")).Sends(Ok), "CONNECT example:443 407",
        "GET /next 200");

    [Fact]
    public void Chunks_are_framing_both_ways()
    {
        using var script = Script.Server().Receives(ChunkedPost("/a", "hello", " world")).Sends(Chunked(200, "good", "bye")).Closes()
            .Shows("POST /a 200").Counts();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal((ChunkedPost("/a", "hello", " world").Length, 11), (exchange.RequestBytes, exchange.RequestBodyBytes));
        Assert.Equal((Chunked(200, "good", "bye").Length, 7), (exchange.ResponseBytes, exchange.ResponseBodyBytes));
    }

    [Fact]
    public void A_response_seen_before_its_request_waits_for_it() =>
        Play(Script.Client().IsOvertaken().Sends(Get("/a")).Receives(Response(201)).IsOvertaken().Sends(Get("/b")).Receives(Response(202)),
            "GET /a 201", "GET /b 202");

    [Fact]
    public void One_byte_a_call_is_enough() => Play(Script.Server()
        .ReceivesByByte(Post("/a", "hello") + Get("/b")).SendsByByte(Continue + Chunked(200, "hello") + Response(404, "no")), "POST /a 200",
        "GET /b 404");

    [Fact]
    public void What_the_close_cuts_off_is_counted()
    {
        Cut(Script.Server().Receives(Get() + Get()), "NoResponse 2");
        Cut(Script.Server().Receives(Get()).Sends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), "ResponseIncomplete 1");
        Cut(Script.Server().Receives(Get()).Sends("HTTP/1.1 200 OK\r\nContent-Le"), "ResponseIncomplete 1");
        Cut(Script.Server().Receives(Get()).Sends(Continue), "NoResponse 1");
        Cut(Script.Server().Receives("GET /a HTTP/1.1\r\nHost"), "RequestIncomplete 1");
        Cut(Script.Server().Receives(Post("/a", "hello")[..^2]), "NoResponse 1");
        Cut(Script.Server().Sends(Response(408)), "ResponseWithoutRequest 1");
    }

    [Fact]
    public void Of_more_than_1024_requests_without_an_answer_the_first_are_answered_and_the_others_counted()
    {
        using var script = Script.Server().Receives(string.Concat(Enumerable.Range(0, 1030).Select(i => Get($"/{i}"))));
        for (int i = 0; i < 1030; i++) script.Sends(Ok);
        script.Receives(Get("/after")).Sends(Ok).Recovers().Closes().Counts("TooManyPending 6", "Unproven 1");
        Assert.Equal([.. Enumerable.Range(0, 1024).Select(i => $"GET /{i} 200"), "GET /y 231", "GET /z 232"], script.Capture.Lines);
    }

    [Fact]
    public void As_many_as_1024_are_answered()
    {
        using var script = Script.Server().Receives(string.Concat(Enumerable.Range(0, 1024).Select(i => Get($"/{i}"))));
        for (int i = 0; i < 1024; i++) script.Sends(Ok);
        script.Closes().Counts();
        Assert.Equal(Enumerable.Range(0, 1024).Select(i => $"GET /{i} 200"), script.Capture.Lines);
    }

    private static void Play(Script script, params string[] exchanges)
    {
        using (script) script.Closes().Shows(exchanges).Counts().HasGaps();
    }

    private static void Cut(Script script, params string[] unpaired)
    {
        using (script) script.Closes().Shows().Counts(unpaired).HasGaps();
    }
}
