using NetProfiler.Analysis.Tests.Support;
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
            .. Enumerable.Repeat("http09", (int)statistics.ConnectionsHttp09), .. Enumerable.Repeat("other", (int)statistics.ConnectionsNotHttp),
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
        Play(Script.Server().Receives("POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\nhello").Sends(Response(400)).Closes().Shows("POST /a 400").Counts());

    [Fact]
    public void A_request_with_a_faulty_chunk_gets_its_answer()
    {
        string start = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        using var script = Script.Server().Receives(start).Receives("no size\r\n").Sends(Response(400)).Closes().Shows("POST /a 400").Counts();
        Assert.Equal((start.Length, 3), (script.Capture.Sink.Exchanges[0].RequestBytes, script.Capture.Sink.Exchanges[0].RequestBodyBytes));
    }

    [Fact]
    public void A_faulty_chunk_after_the_answer_changes_nothing() =>
        Play(Script.Server().Receives("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").Sends(Response(413)).Receives("no size\r\n")
            .Shows("POST /a 413").Closes().Shows("POST /a 413").Counts());

    [Fact]
    public void An_invalid_response_ends_the_connection_for_us()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b")).Sends("garbage\r\n").Sends(Ok).Closes().Shows().Counts("NoResponse 1", "InvalidResponse 1");
        Assert.Equal(["ignore"], script.Capture.Kernel.Told);
    }

    [Fact]
    public void A_response_with_a_faulty_chunk_is_invalid() =>
        Play(Script.Server().Receives(Get("/a")).Sends(Chunked(200, "abc")[..^5] + "zz\r\n").Closes().Shows().Counts("InvalidResponse 1"));

    [Fact]
    public void A_response_with_faulty_framing_is_invalid() =>
        Play(Script.Server().Receives(Get("/a")).Sends("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n").Closes().Shows().Counts("InvalidResponse 1"));

    [Fact]
    public void A_head_over_64_KiB_is_invalid()
    {
        string[] pieces = [.. Enumerable.Range(0, 70).Select(i => $"X{i}: {new string('x', 1000)}\r\n")];
        using var request = Script.Server().Receives("GET /a HTTP/1.1\r\n");
        foreach (string piece in pieces) request.Receives(piece);
        request.Receives("\r\n").Sends(Response(431)).Closes().Shows().Counts("ResponseWithoutRequest 1", "InvalidRequest 1");

        using var response = Script.Server().Receives(Get("/a")).Sends("HTTP/1.1 200 OK\r\n");
        foreach (string piece in pieces) response.Sends(piece);
        response.Sends("\r\n").Closes().Shows().Counts("InvalidResponse 1");
    }

    [Fact]
    public void A_head_over_64_KiB_in_one_call_is_invalid_too() =>
        Play(Script.Server().Receives($"GET /a HTTP/1.1\r\nX: {new string('x', 70_000)}\r\n\r\n").Closes().Shows().Counts("InvalidRequest 1"));

    [Fact]
    public void A_head_of_nearly_64_KiB_is_read() =>
        Play(Script.Server().Receives($"GET /a HTTP/1.1\r\nX: {new string('x', 65_000)}\r\n\r\n").Sends(Ok).Closes().Shows("GET /a 200").Counts());

    [Fact]
    public void A_request_sent_and_a_response_sent_are_no_contradiction_to_who_accepted() =>
        Play(Script.Server().Sends(Get("/webhook")).Receives(Ok).Closes().Shows("GET /webhook 200").Counts());

    private static void Play(Script script) => script.Dispose();
}
