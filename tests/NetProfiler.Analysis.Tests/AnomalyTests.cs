using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>What two readers could disagree about is counted by kind, once a message, and changes nothing else.</summary>
public class AnomalyTests
{
    [Fact]
    public void Ordinary_messages_show_none()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b")).Sends(Ok).Sends(Response(404)).Closes()
            .Shows("GET /a 200", "GET /b 404").Counts();
        Assert.Empty(script.Capture.Anomalies);
    }

    [Theory]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "ContentLengthWithTransferEncoding")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "DuplicateContentLength")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "ConflictingContentLength")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nhi", "InvalidContentLength")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "ChunkedNotFinal")]
    [InlineData("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "TransferEncodingBeforeHttp11")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "UnknownTransferCoding")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "InvalidTransferEncoding")]
    [InlineData("GET /a HTTP/1.1\nHost: a\r\n\r\n", "BareLineFeed")]
    [InlineData("\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n", "LeadingEmptyLine")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "ObsoleteFold")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "DuplicateHost")]
    [InlineData("GET /a HTTP/1.1\r\n\r\n", "MissingHost")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "InvalidChunkSize")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", "InvalidChunkTerminator")]
    public void A_request_that_two_servers_could_read_in_two_ways_is_counted(string request, string kind)
    {
        using var script = Script.Server().Receives(request).Sends(Response(400)).Closes().Counts();
        Assert.Equal([$"{kind} 1"], script.Capture.Anomalies);
        Assert.Single(script.Capture.Sink.Exchanges);
    }

    [Fact]
    public void Whitespace_before_the_colon_is_refused_in_a_request_and_counted_in_a_response()
    {
        using var request = Script.Server().Receives(Get("/a")).Sends(Ok).Receives("GET /b HTTP/1.1\r\nHost : a\r\n\r\n")
            .Sends(Response(400)).Closes()
            .Shows("GET /a 200").Counts("ResponseWithoutRequest 1", "InvalidRequest 1");
        Assert.Equal(["InvalidFieldName 1"], request.Capture.Anomalies);

        using var response = Script.Server().Receives(Get("/a")).Sends("HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n").Closes()
            .Shows("GET /a 200").Counts();
        Assert.Equal(["WhitespaceBeforeColon 1"], response.Capture.Anomalies);
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")]
    public void A_request_after_close_is_counted_and_paired_if_it_is_answered(string first, string answer)
    {
        using var script = Script.Server().Receives(first).Sends(answer).Receives(Get("/b")).Sends(Ok).Closes()
            .Shows("GET /a 200", "GET /b 200").Counts();
        Assert.Equal(["RequestAfterClose 1"], script.Capture.Anomalies);
    }

    [Fact]
    public void Requests_that_were_pipelined_before_the_server_said_close_are_none()
    {
        using var script = Script.Server().Receives(Get("/a") + Get("/b"))
            .Sends("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").Closes()
            .Shows("GET /a 200").Counts("NoResponse 1");
        Assert.Empty(script.Capture.Anomalies);
    }

    [Fact]
    public void An_answer_before_the_request_is_complete_is_counted()
    {
        using var script = Script.Server().Receives("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").Sends(Response(413))
            .Receives("cd").Closes().Shows("POST /a 413").Counts();
        Assert.Equal(["EarlyResponse 1"], script.Capture.Anomalies);

        using var cut = Script.Server().Receives("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").Sends(Response(413)).Closes()
            .Shows("POST /a 413").Counts();
        Assert.Equal(["EarlyResponse 1"], cut.Capture.Anomalies);
    }

    [Fact]
    public void A_second_answer_to_one_request_is_counted()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(Ok).Sends(Response(302)).Closes().Shows("GET /a 200")
            .Counts("ResponseWithoutRequest 1");
        Assert.Equal(["UnsolicitedResponse 1"], script.Capture.Anomalies);
    }

    [Fact]
    public void An_answer_whose_request_was_lost_is_no_anomaly()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(Ok).Loses().Receives(Get("/b")).Sends(Response(302))
            .Receives(Get("/c")).Closes().Shows("GET /a 200");
        Assert.Empty(script.Capture.Anomalies);
    }
}
