using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Http1;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

public class ProtocolTests
{
    [Theory]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "tls")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2")]
    [InlineData("GET /\r\n", "http09")]
    [InlineData("*1\r\n$4\r\nPING\r\n", "other")] // Redis
    [InlineData("\x00\x00\x00\x08\x04\xd2\x16\x2f", "other")] // PostgreSQL
    [InlineData("\x93\x0b\xef\x54\x20\x01", "other")]
    [InlineData("{\"json\": true}\n", "other")]
    public void What_is_not_HTTP_1_is_recognised_and_ignored_and_the_kernel_is_told(string first, string protocol)
    {
        using var script = Script.Client().Sends(first).Receives("anything").Sends(Get()).Closes().Shows().Counts().HasGaps();
        Assert.Equal(["ignore"], script.Capture.Kernel.Told);
        var statistics = script.Capture.Statistics;
        string[] counted =
        [
            .. Enumerable.Repeat("tls", (int)statistics.ConnectionsTls), .. Enumerable.Repeat("http2", (int)statistics.ConnectionsHttp2),
            .. Enumerable.Repeat("http09", (int)statistics.ConnectionsHttp09),
            .. Enumerable.Repeat("other", (int)statistics.ConnectionsNotHttp),
        ];
        Assert.Equal([protocol], counted);
        Assert.Equal(0, statistics.ConnectionsHttp);
        Assert.Empty(script.Capture.Anomalies);
    }

    [Fact]
    public void An_older_connection_that_never_shows_a_head_is_ignored_in_time()
    {
        using var script = Script.Older();
        for (int i = 0; i < 63; i++) script.Receives("query").Sends("rows");
        Assert.Empty(script.Capture.Kernel.Told);
        script.Receives("query").Sends("rows").Closes();
        Assert.Equal(["ignore"], script.Capture.Kernel.Told);
    }

    [Fact]
    public void An_invalid_request_is_counted_and_so_is_its_answer() =>
        Play(Script.Server().Receives(Get("/a")).Sends(Ok).Receives("what is this?\r\n\r\n").Sends(Response(400)).Closes()
            .Shows("GET /a 200").Counts("ResponseWithoutRequest 1", "InvalidRequest 1"));

    [Fact]
    public void Requests_before_an_invalid_one_get_their_answers() =>
        Play(Script.Server().Receives(Get("/a") + Get("/b") + "what?\r\n\r\n").Sends(Response(201)).Sends(Response(202)).Closes()
            .Shows("GET /a 201", "GET /b 202").Counts("InvalidRequest 1"));

    [Fact]
    public void A_request_with_faulty_framing_gets_its_answer() =>
        Play(Script.Server().Receives("POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\nhello").Sends(Response(400)).Closes()
            .Shows("POST /a 400").Counts());

    [Fact]
    public void A_request_with_a_faulty_chunk_gets_its_answer()
    {
        string start = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        using var script = Script.Server().Receives(start).Receives("no size\r\n").Sends(Response(400)).Closes()
            .Shows("POST /a 400").Counts();
        Assert.Equal((-1, -1), (script.Capture.Sink.Exchanges[0].RequestBytes, script.Capture.Sink.Exchanges[0].RequestBodyBytes));
        Assert.Equal(InvalidReason.ChunkSize, script.Capture.Sink.Exchanges[0].RequestFault);
    }

    [Fact]
    public void A_faulty_chunk_after_the_answer_changes_nothing() =>
        Play(Script.Server().Receives("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").Sends(Response(413)).Receives("no size\r\n")
            .Shows("POST /a 413").Closes().Shows("POST /a 413").Counts());

    [Fact]
    public void After_an_invalid_response_nothing_is_paired_before_a_silence()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b")).Sends("garbage\r\n").Sends(Ok).Recovers().Closes()
            .Shows("GET /z 232").Counts("NoResponse 1", "InvalidResponse 1", "Unproven 1");
        Assert.Empty(script.Capture.Kernel.Told);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", InvalidReason.ChunkSize)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", InvalidReason.ContentLength)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", InvalidReason.TransferEncoding)]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", InvalidReason.FieldName)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", InvalidReason.FieldValue)]
    public void A_response_with_one_faulty_line_is_an_exchange_whose_sizes_are_not_known(string response, InvalidReason fault)
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(response).Recovers().Closes().Shows("GET /a 200", "GET /z 232")
            .Counts("Unproven 1");
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal((fault, InvalidReason.None), (exchange.ResponseFault, exchange.RequestFault));
        Assert.Equal((Get("/a").Length, -1, -1), (exchange.RequestBytes, exchange.ResponseBytes, exchange.ResponseBodyBytes));
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nHost", 408, "GET /a 408")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\n", 400, "GET /a 400")]
    [InlineData("GET /aaaa", 414, "GET /aaaa 414")]
    [InlineData("GET /a HTTP/1.1\r\nX: aaaa", 431, "GET /a 431")]
    public void An_answer_to_a_head_that_did_not_end_is_an_exchange(string head, int status, string expected)
    {
        using var script = Script.Server().Receives(head).Sends(Response(status)).Closes().Shows(expected).Counts();
        var exchange = script.Capture.Sink.Exchanges[0];
        Assert.Equal((InvalidReason.Incomplete, -1, Response(status).Length),
            (exchange.RequestFault, exchange.RequestBytes, exchange.ResponseBytes));
        Assert.Empty(script.Capture.Anomalies);
    }

    [Theory]
    [InlineData("GET", 408)]
    [InlineData("GET /a HTTP/1.1\r\nHost", 200)]
    public void Another_answer_to_it_or_one_to_less_than_a_method_is_not(string head, int status) =>
        Play(Script.Server().Receives(head).Sends(Response(status)).Closes().Shows()
            .Counts("RequestIncomplete 1", "ResponseWithoutRequest 1"));

    [Fact]
    public void A_head_over_64_KiB_has_no_known_end()
    {
        string[] pieces = [.. Enumerable.Range(0, 70).Select(i => $"X{i}: {new string('x', 1000)}\r\n")];
        using var request = Script.Server().Receives("GET /a HTTP/1.1\r\n");
        foreach (string piece in pieces) request.Receives(piece);
        request.Receives("\r\n").Sends(Response(431)).Closes().Shows("GET /a 431").Counts();
        Assert.Equal((InvalidReason.HeadTooLarge, -1),
            (request.Capture.Sink.Exchanges[0].RequestFault, request.Capture.Sink.Exchanges[0].RequestBytes));

        using var response = Script.Server().Receives(Get("/a")).Sends("HTTP/1.1 200 OK\r\n");
        foreach (string piece in pieces) response.Sends(piece);
        response.Sends("\r\n").Closes().Shows("GET /a 200").Counts();
        Assert.Equal((InvalidReason.HeadTooLarge, -1),
            (response.Capture.Sink.Exchanges[0].ResponseFault, response.Capture.Sink.Exchanges[0].ResponseBytes));
    }

    [Fact]
    public void Nor_has_one_in_one_call() =>
        Play(Script.Server().Receives($"GET /a HTTP/1.1\r\nX: {new string('x', 70_000)}\r\n\r\n").Sends(Response(431)).Closes()
            .Shows("GET /a 431").Counts());

    [Fact]
    public void A_head_of_nearly_64_KiB_is_read() =>
        Play(Script.Server().Receives($"GET /a HTTP/1.1\r\nX: {new string('x', 65_000)}\r\n\r\n").Sends(Ok).Closes()
            .Shows("GET /a 200").Counts());

    [Fact]
    public void A_request_sent_and_a_response_sent_are_no_contradiction_to_who_accepted() =>
        Play(Script.Server().Sends(Get("/webhook")).Receives(Ok).Closes().Shows("GET /webhook 200").Counts());

    private static void Play(Script script) => script.Dispose();
}
