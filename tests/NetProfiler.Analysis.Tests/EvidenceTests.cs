using System.Text.RegularExpressions;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>What positions prove after a loss, and what stays open: the histories of docs/http1.md.</summary>
public partial class EvidenceTests
{
    [Fact]
    public void A_busy_connection_joined_in_the_middle_shows_assumed_exchanges_after_eight_cycles()
    {
        using var script = Script.Older();
        for (int i = 0; i < 12; i++) script.Receives(Get($"/{i}")).Sends(Response(200 + i));
        script.Closes().Shows("GET /8 208", "GET /9 209", "GET /10 210", "GET /11 211").Counts("Unproven 8");
        Assert.All(script.Capture.Sink.Exchanges, one => Assert.Equal(PairingClass.Assumed, one.Pairing));
        Assert.Equal((4, 0), (script.Capture.Statistics.ExchangesAssumed, script.Capture.Sink.Refuted));
    }

    [Fact]
    public void A_silence_proves_what_follows_it()
    {
        using var script = Script.Older();
        for (int i = 0; i < 9; i++) script.Receives(Get($"/{i}")).Sends(Response(200 + i));
        script.Recovers().Closes();
        Assert.Equal([PairingClass.Assumed, PairingClass.Proven, PairingClass.Proven],
            script.Capture.Sink.Exchanges.Select(one => one.Pairing));
    }

    /// <summary>As a shell does: a request is written line by line, its answer read byte by byte.</summary>
    [Fact]
    public void A_connection_that_is_read_byte_by_byte_is_read_again_from_a_silence()
    {
        using var script = Script.Older();
        for (int i = 0; i < 3; i++)
            script.Pauses().Sends($"GET /{i} HTTP/1.1\r\n").Sends("Host: a\r\n").Sends("\r\n")
                .ReceivesByByte("HTTP/1.1 204 No Content\r\n\r\n");
        script.Closes().Shows("GET /1 204", "GET /2 204").Counts("Unproven 1");
        Assert.All(script.Capture.Sink.Exchanges, one => Assert.Equal((EndpointRole.Client, PairingClass.Proven), (one.Role, one.Pairing)));
    }

    /// <summary>The server answered once too often before: what the client reads was sent before its request.</summary>
    [Fact]
    public void An_answer_that_the_peer_sent_before_the_request_came_is_not_its_answer()
    {
        using var script = Script.Older();
        for (int i = 0; i < 12; i++)
        {
            script.Pauses().Sends(Get($"/{i}"));
            script.Acknowledges(before: Get($"/{i}").Length).Receives(Response(200 + i));
        }

        script.Closes().Shows();
    }

    [Fact]
    public void An_answer_too_many_refutes_what_was_assumed()
    {
        using var script = Script.Older();
        for (int i = 0; i < 10; i++) script.Receives(Get($"/{i}")).Sends(Response(200 + i));
        script.Sends(Response(299)).Closes().Shows("GET /8 208", "GET /9 209");
        Assert.Equal((2, 2), (script.Capture.Statistics.ExchangesRefuted, script.Capture.Sink.Refuted));
    }

    [Fact]
    public void So_does_a_request_before_the_answer_to_the_one_before_it()
    {
        using var script = Script.Older();
        for (int i = 0; i < 10; i++) script.Receives(Get($"/{i}")).Sends(Response(200 + i));
        script.Receives(Get("/a")).Receives(Get("/b")).Closes().Shows("GET /8 208", "GET /9 209");
        Assert.Equal(2, script.Capture.Statistics.ExchangesRefuted);
    }

    [Fact]
    public void A_loss_refutes_nothing()
    {
        using var script = Script.Older();
        for (int i = 0; i < 10; i++) script.Receives(Get($"/{i}")).Sends(Response(200 + i));
        script.Loses().Receives(Get("/a")).Sends(Response(210)).Receives(Get("/b")).Sends(Response(211)).Closes();
        Assert.Equal(0, script.Capture.Statistics.ExchangesRefuted);
    }

    [Fact]
    public void Without_positions_nothing_is_proven_after_a_loss()
    {
        using var script = Script.WithoutPositions().Receives(Get("/a")).Sends(Response(201)).Loses().Receives(Get("/b"))
            .Sends(Response(202))
            .Receives(Get("/c")).Sends(Response(203)).Recovers().Closes().Shows("GET /a 201").Counts("Unproven 3");
    }

    /// <summary>Attached within an upload whose next call begins with the text of a request, and ends with it.</summary>
    [Fact]
    public void A_request_within_an_upload_is_no_exchange()
    {
        string fake = Get("/fake");
        using var script = Script.Older().Receives("rest of the upload").Receives(fake).Sends(Response(200));
        for (int i = 0; i < 3; i++) script.Pauses().Receives(Get($"/{i}")).Sends(Response(201 + i));
        script.Closes().Shows("GET /0 201", "GET /1 202", "GET /2 203").Counts("Unproven 1");
    }

    [Fact]
    public void Bytes_that_are_no_request_while_nothing_is_known_do_not_end_it()
    {
        using var script = Script.Older().Receives("POST /fake HTTP/1.1\r\nHost: f\r\nContent-Length: 3\r\n\r\nabc" + "no request\r\n\r\n")
            .Sends(Response(200));
        script.Recovers().Closes().Shows("GET /z 232");
        Assert.Empty(script.Capture.Anomalies);
    }

    [Fact]
    public void The_role_of_a_connection_joined_in_a_body_that_looks_like_a_response_is_found_later()
    {
        using var script = Script.Older().Receives("HTTP/1.1 200 OK\r\n\r\n").Receives("more of the upload").Sends(Response(200));
        script.Recovers().Closes().Shows("GET /z 232");
        Assert.Equal(EndpointRole.Server, script.Capture.Sink.Exchanges[0].Role);
    }

    [Fact]
    public void An_upgrade_before_the_requests_content_was_read_waits_for_it()
    {
        using var script = Script.Server()
            .Receives("POST /a HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 3000\r\n\r\n")
            .Sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n").Sends("frames").Receives(new string('x', 3000))
                .Receives("PRI * HTTP/2.0").Closes()
            .Shows("POST /a 101").Counts();
        Assert.Equal(3000, script.Capture.Sink.Exchanges[0].RequestBodyBytes);
        Assert.Equal(["ignore"], script.Capture.Kernel.Told);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "[2001:db8::1]:56324")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\xdc\x04\x01\xbb", "192.0.2.1:56324")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", null)]
    public void The_PROXY_protocol_names_the_client(string header, string? client)
    {
        using var whole = Script.Server().Receives(header + Get("/a")).Sends(Ok).Receives(Get("/b")).Sends(Ok).Closes()
            .Shows("GET /a 200", "GET /b 200").Counts();
        Assert.All(whole.Capture.Sink.Exchanges, one => Assert.Equal(client, one.Client));
        Assert.Equal(Get("/a").Length, whole.Capture.Sink.Exchanges[0].RequestBytes);
        Assert.Empty(whole.Capture.Anomalies);
        using var bytes = Script.Client().SendsByByte(header + Get("/a")).Receives(Ok).Closes().Shows("GET /a 200").Counts();
        Assert.Equal(client, bytes.Capture.Sink.Exchanges[0].Client);
    }

    [Fact]
    public void A_stray_line_end_belongs_to_no_response()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(Ok + "\r\n").Receives(Get("/b")).Sends(Ok).Sends("\r\n").Closes()
            .Shows("GET /a 200", "GET /b 200").Counts();
        Assert.All(script.Capture.Sink.Exchanges, one => Assert.Equal(Ok.Length, one.ResponseBytes));
    }

    [Fact]
    public void A_malformed_first_request_that_is_answered_in_HTTP_is_counted()
    {
        using var script = Script.Server().Receives("GET\r\n\r\n").Sends(Response(400)).Closes().Shows()
            .Counts("ResponseWithoutRequest 1", "InvalidRequest 1");
        Assert.Equal((1, 0), (script.Capture.Statistics.ConnectionsHttp, script.Capture.Statistics.ConnectionsNotHttp));
    }

    /// <summary>
    /// The lost bytes are one request of a client that waits, or two of one that is always one ahead: the events are the same, and each
    /// answer is another request's.
    /// </summary>
    [Fact]
    public void A_client_that_waits_and_one_that_is_one_ahead_look_the_same_after_a_lost_request_and_its_answer()
    {
        using var script = Script.Server().Loses().Receives(Get("/a") + Get("/b")).Loses().Sends(Response(201));
        for (int i = 0; i < 6; i++) script.Receives(Get($"/{i}")).Sends(Response(210 + i));
        script.Closes().Shows().Counts("Unproven 6");
    }

    /// <summary>The bytes after the hole are a request, or the rest of an upload that holds one: an answer comes either way.</summary>
    [Fact]
    public void A_request_and_one_stored_in_an_upload_look_the_same_after_a_lost_start()
    {
        using var script = Script.Server().Loses().Receives(Post("/upload", "")[..29]).Receives(Get("/stored")).Sends(Response(201))
            .Receives(Get("/b")).Sends(Response(202));
        script.Closes().Shows().Counts("Unproven 2");
    }

    /// <summary>A hole among the answers while one request waits and the next has begun: the next may have been answered in it.</summary>
    [Fact]
    public void A_request_of_which_a_part_came_before_a_hole_among_the_answers_may_be_answered_in_it()
    {
        string third = Get("/3");
        using var script = Script.Server().Receives(Get("/1")).Sends(Response(201)).Receives(Get("/2") + third[..13]).Sends(Response(202));
        script.Loses().Sends(Response(203)[..9]).Sends(Response(203)[9..]).Receives(third[13..] + Get("/4"))
            .Sends(Response(204, "")).Closes();
        Assert.DoesNotContain(script.Capture.Lines, line => line is "GET /3 204");
        Assert.Equal(["GET /1 201", "GET /2 202"], script.Capture.Lines.Take(2));
    }

    /// <summary>
    /// The end of an upload looks like a request whose body ends just where another stored request begins, within the next request.
    /// </summary>
    [Fact]
    public void A_stored_request_that_was_not_whole_when_the_answer_came_is_not_answered_by_it()
    {
        const string stored = "GET /fake HTTP/1.1\r\nHost: f\r\n\r\n";
        string next = $"POST /3 HTTP/1.1\r\nContent-Length: {stored.Length}\r\n\r\n";
        string end = $"PUT /end HTTP/1.1\r\nContent-Length: {next.Length}\r\n\r\n";
        using var script = Script.Server().Receives(Get("/1")).Sends(Response(201)).Loses()
            .Receives(Post("/2", new string('x', 72 + end.Length))[..^end.Length]);
        script.Receives(end).Sends(Response(202)).Receives(next + stored).Sends(Response(203)).Receives(Get("/4")).Sends(Response(204))
            .Receives(Get("/5")).Sends(Response(205)).Closes();
        Assert.DoesNotContain(script.Capture.Sink.Exchanges, one => one.Target is "/fake" or "/end");
        Assert.All(script.Capture.Lines, line => Assert.Contains(line, new[] { "GET /1 201", "POST /3 203", "GET /4 204", "GET /5 205" }));
    }

    /// <summary>A body holds an answer just where the lost one would be, and the client has pipelined: nothing is known then.</summary>
    [Fact]
    public void A_hole_among_the_answers_of_a_client_that_pipelined_is_not_taken_to_hold_none()
    {
        string answer = Response(201, Response(299, new string('y', 30)));
        using var script = Script.Server().Receives(Get("/0") + Get("/1")).Sends(Response(200)).Loses().Sends(answer[..19])
            .Receives(Get("/2")).Sends(answer[19..]);
        script.Receives(Get("/3")).Sends(Response(202)).Receives(Get("/4")).Sends(Response(203)).Closes();
        Assert.Equal(["GET /0 200"], script.Capture.Lines);
    }

    /// <summary>A known limit: one answer was owed all the time, held back for longer than a silence while the client sent on.</summary>
    [Fact]
    public void An_answer_that_is_held_back_for_longer_than_a_silence_passes_for_the_next_requests()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(Response(200)).Loses().Receives(Get("/missed"));
        string[] answers = ["missed", "b", "c", "d", "e"];
        for (int i = 0; i < 4; i++) script.Receives(Get($"/{answers[i + 1]}")).Sends(Response(201 + i, answers[i])).Pauses();
        script.Closes();
        Assert.Equal(["GET /a 200", "GET /c 202", "GET /d 203", "GET /e 204"], script.Capture.Lines); // 202 is the answer to /b
    }

    /// <summary>
    /// A known limit: each piece of an upload is a whole request, and the answers to older requests, which were lost, are written between
    /// them. The upload stalls for longer than a silence each time.
    /// </summary>
    [Fact]
    public void Requests_stored_in_an_upload_that_stalls_pass_for_requests()
    {
        using var script = Script.Server().Receives(Get("/a")).Sends(Response(200)).Loses()
            .Receives(Get("/slow1") + Get("/slow2") + Post("/upload", ""));
        for (int i = 1; i < 4; i++) script.Receives(Get($"/stored{i}")).Sends(Response(200 + i)).Pauses();
        script.Closes();
        Assert.Equal(["GET /a 200", "GET /stored2 202", "GET /stored3 203"], script.Capture.Lines);
    }

    /// <summary>
    /// The answer to HEAD is framed as one to GET, and its length is just that of the answer after it: the first pair after a loss is not
    /// shown.
    /// </summary>
    [Fact]
    public void An_answer_to_a_lost_HEAD_that_hides_the_next_answer_is_no_others()
    {
        string hidden = Response(202), head = $"HTTP/1.1 201 Created\r\nContent-Length: {hidden.Length}\r\n\r\n";
        using var script = Script.Server().Loses().Receives("HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n");
        script.Receives(Get("/b")).Sends(head).Sends(hidden).Pauses();
        for (int i = 0; i < 3; i++) script.Receives(Get($"/{i}")).Sends(Response(210 + i)).Pauses();
        script.Closes();
        script.Shows("GET /0 210", "GET /1 211", "GET /2 212").Counts("Unproven 1");
    }

    /// <summary>
    /// Broken by earlier versions of the rules. ! lost; Q of requests, A of answers; L, U: how far the opposite stream was.
    /// </summary>
    [Theory]
    [InlineData("Q 0+19; !Q 19+6; Q 25+38 L0 #1; A 0+34 U63 #0; Q 63+25 L34; A 34+32 U88", "0 19,25 38,63 25", "0 34,34 32", "63 34")]
    [InlineData("!Q 0+49; !A 0+27; Q 49+25 L27; A 27+147 U74; Q 74+21 L174; A 174+123 U95", "49 25,74 21", "27 147,174 123",
        "49 27,74 174")]
    [InlineData("!Q 0+29; Q 29+105 L0; A 0+91 U134; Q 134+28 L91; A 91+24 U162", "29 105,134 28", "0 91,91 24", "29 0,134 91")]
    public void Scripts_that_prove_nothing_show_nothing(string script, string requests, string answers, string notPaired)
    {
        using var capture = new Support.Capture();
        capture.Open(1, 1, "server", Script.Address(1, 80), Script.Address(2, 40_000), isFromStart: true);
        long now = 1_000;
        foreach (Match step in StepPattern().Matches(script))
        {
            if (step.Groups["lost"].Length > 0) continue;
            bool isRequest = step.Groups["stream"].Value == "Q";
            uint position = uint.Parse(step.Groups["at"].Value), length = uint.Parse(step.Groups["length"].Value);
            uint opposite = step.Groups["opposite"].Length > 0 ? uint.Parse(step.Groups["opposite"].Value) : 0;
            bool isHead = (isRequest ? requests : answers).Split(',').Contains($"{position} {length}");
            byte[] bytes = Script.Bytes(isHead ? isRequest ? RequestOf(position, (int)length) : ResponseOf((int)length)
                : new string('x', (int)length));
            new Transfer(1, isRequest ? Direction.Ingress : Direction.Egress, SocketCall.Read, position, bytes, now,
                now += 10) { Opposite = (opposite, opposite) }.Deliver(capture.Pipeline);
        }

        capture.Pipeline.OnClose(new SocketClose(1, now, IsHeld: false));
        capture.Finish();
        foreach (string pair in notPaired.Split(','))
        {
            string answer = answers.Split(',').Single(one => one.StartsWith(pair.Split(' ')[1] + " ", StringComparison.Ordinal));
            Assert.DoesNotContain(capture.Sink.Exchanges,
                one => one.Target == $"/{pair.Split(' ')[0]}" && one.ResponseBytes == int.Parse(answer.Split(' ')[1]));
        }
    }

    private static string RequestOf(uint position, int length) => Padded($"GET /{position} HTTP/1.1\r\n", "\r\n", length);

    private static string ResponseOf(int length) => Padded("HTTP/1.1 204\r\n", "\r\n", length);

    // Too short for a head: what is lost of it does not matter.
    private static string Padded(string start, string end, int length)
    {
        int room = length - start.Length - end.Length;
        return room < 0 ? (start + end)[..length] : room < 4 ? start + end + new string('x', room)
            : start + "X:" + new string('p', room - 4) + "\r\n" + end;
    }

    [GeneratedRegex(@"(?<lost>!)?(?<stream>[QA]) (?<at>\d+)\+(?<length>\d+)(?: [LU](?<opposite>\d+))?")]
    private static partial Regex StepPattern();
}
