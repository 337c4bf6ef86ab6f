using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests.Samples;

/// <summary>What is held of an exchange is what was on the wire, however it was cut, up to the limits.</summary>
public class HoldingTests
{
    private const int Limit = 100;
    private const string Put = "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string Chunks = "4;x=y\r\nabcd\r\n2\r\nef\r\n0\r\nTrailer: t\r\n\r\n";

    private static readonly HoldingPolicy Policy = new(Limit, Limit);

    [Fact]
    public void Both_messages_are_held_as_they_were_on_the_wire()
    {
        var sample = One(script => script.Receives(Put + "hello").Sends(Chunked + Chunks));
        Assert.Equal(Put, Text(sample.Request.Head));
        Assert.Equal("hello", Text(sample.Request.Body));
        Assert.Equal(Chunked, Text(sample.Response.Head));
        Assert.Equal(Chunks, Text(sample.Response.Body));
        Assert.False(sample.Request.IsBodyCut || sample.Response.IsBodyCut);
        Assert.Equal(new SampledCall(SocketCall.Read, Direction.Ingress, (Put + "hello").Length, sample.Request.StartUnixNanoseconds,
            sample.Request.EndUnixNanoseconds), Assert.Single(sample.Request.Calls));
        Assert.Equal(Script.CallNanoseconds, sample.Request.EndUnixNanoseconds - sample.Request.StartUnixNanoseconds);
    }

    [Fact]
    public void The_cut_between_calls_makes_no_difference()
    {
        string request = Put + "hello", response = Chunked + Chunks;
        for (int at = 1; at < request.Length; at++)
        {
            int cut = at;
            var sample = One(script => script.Receives(request[..cut]).Receives(request[cut..]).Sends(response));
            AssertWhole(sample);
            Assert.Equal([cut, request.Length - cut], sample.Request.Calls.Select(call => call.Bytes));
        }

        for (int at = 1; at < response.Length; at++)
        {
            int cut = at;
            var sample = One(script => script.Receives(request).Sends(response[..cut]).Sends(response[cut..], SocketCall.WriteV));
            AssertWhole(sample);
            Assert.Equal([(SocketCall.Write, cut), (SocketCall.WriteV, response.Length - cut)],
                sample.Response.Calls.Select(call => (call.Call, (int)call.Bytes)));
        }
    }

    [Fact]
    public void A_message_in_more_calls_than_are_kept_tells_how_many_more()
    {
        var sample = One(script => script.ReceivesByByte(Put + "hello").SendsByByte(Chunked + Chunks));
        AssertWhole(sample);
        foreach (var message in new[] { sample.Request, sample.Response })
        {
            Assert.Equal(SampledMessage.MaxCalls, message.Calls.Length);
            Assert.Equal(message.Bytes, message.Calls.Sum(call => call.Bytes) + message.CallsNotKept);
            Assert.Equal((message.Bytes - 1) * (Script.CallNanoseconds + Script.ThinkNanoseconds) + Script.CallNanoseconds,
                message.EndUnixNanoseconds - message.StartUnixNanoseconds);
        }
    }

    [Theory]
    [InlineData(Limit - 1, false)]
    [InlineData(Limit, false)]
    [InlineData(Limit + 1, true)]
    [InlineData(5_000, true)]
    public void A_body_is_cut_at_the_limit(int length, bool isCut)
    {
        string body = Body(length);
        foreach (int call in new[] { 1, 7, 99, 100, 101, 10_000 })
        {
            var sample = One(script =>
            {
                script.Receives(Get()).Sends(ResponseHead(200, $"Content-Length: {length}"));
                foreach (var part in body.Chunk(call)) script.Sends(new string(part));
            });
            Assert.Equal(body[..int.Min(length, Limit)], Text(sample.Response.Body));
            Assert.Equal(isCut, sample.Response.IsBodyCut);
            Assert.Equal(length, sample.Response.BodyBytes);
        }
    }

    [Fact]
    public void The_kernel_is_asked_to_skip_only_what_would_not_be_held()
    {
        const int length = 200_000, call = 10_000, limit = 25_000;
        string body = Body(length), head = ResponseHead(200, $"Content-Length: {length}");
        using var capture = new Capture(new HoldingPolicy(0, limit));
        using var script = Script.Server(capture);
        script.Receives(Get()).Sends(head);
        foreach (var part in body.Chunk(call)) script.Sends(new string(part));
        script.Closes().Shows("GET / 200").HasGaps();
        Assert.Equal([$"skip Egress until {head.Length + length}", "stop skipping Egress"], capture.Kernel.Told);
        Assert.Equal(length - 3 * call, capture.Statistics.PassedBytes);
        var sample = Assert.Single(capture.Sink.Samples);
        Assert.Equal(body[..limit], Text(sample.Response.Body));
        Assert.True(sample.Response.IsBodyCut);
        Assert.Equal(sample.Response.Bytes, sample.Response.Calls.Sum(one => one.Bytes));
    }

    [Fact]
    public void Nothing_is_held_behind_a_gap_in_a_body()
    {
        var sample = One(script => script.Receives(Get()).Sends(ResponseHead(200, "Content-Length: 30") + Body(10)).CapturesOnly(4)
            .Sends(Body(10)).Sends(Body(10)));
        Assert.Equal(Body(10) + Body(4), Text(sample.Response.Body));
        Assert.True(sample.Response.IsBodyCut);

        sample = One(script => script.Receives(Get()).Sends(ResponseHead(200, "Content-Length: 30") + Body(10)).Loses().Sends(Body(10))
            .Sends(Body(10)));
        Assert.Equal(Body(10), Text(sample.Response.Body));
        Assert.True(sample.Response.IsBodyCut);
        Assert.Equal(2, sample.Response.Calls.Length);

        sample = One(script => script.Receives(Get()).Sends(ResponseHead(200, "Content-Length: 30")).SendsFile(30));
        Assert.True(sample.Response.Body.IsEmpty && sample.Response.IsBodyCut);
        Assert.Equal((SocketCall.SendFile, 30L), (sample.Response.Calls[1].Call, sample.Response.Calls[1].Bytes));
    }

    [Fact]
    public void Pipelined_messages_keep_to_themselves()
    {
        string second = Put.Replace("/a", "/b", StringComparison.Ordinal);
        var samples = Of(script => script.Receives(Put + "first" + second + "2").Receives("cond" + Get("/c"))
            .Sends(Response(201, "one") + Response(202, "tw")).Sends(Response(203, "three")), Policy);
        Assert.Equal(["first", "2cond", ""], samples.Select(sample => Text(sample.Request.Body)));
        Assert.Equal(["one", "tw", "three"], samples.Select(sample => Text(sample.Response.Body)));
        Assert.All(samples, sample => Assert.Equal(sample.Request.Bytes, sample.Request.Calls.Sum(call => call.Bytes)));
        Assert.All(samples, sample => Assert.Equal(sample.Response.Bytes, sample.Response.Calls.Sum(call => call.Bytes)));
        Assert.Equal([1, 2, 1], samples.Select(sample => sample.Request.Calls.Length));
    }

    [Fact]
    public void An_early_response_has_its_request_as_far_as_it_came()
    {
        var sample = One(script => script.Receives(Put + "he").Sends(Response(413, "no")).Closes());
        Assert.Equal(("he", true), (Text(sample.Request.Body), sample.Request.IsBodyCut));
        Assert.Equal(("no", false), (Text(sample.Response.Body), sample.Response.IsBodyCut));

        sample = One(script => script.Receives(Put + "he").Sends(Response(413, "no")).Receives("llo"));
        Assert.Equal(("hello", false), (Text(sample.Request.Body), sample.Request.IsBodyCut));
    }

    [Fact]
    public void A_protocol_switch_before_the_request_ends_has_it_as_far_as_it_came()
    {
        var sample = One(script => script.Receives("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nhe")
            .Sends("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"));
        Assert.Equal(("he", true, 2L), (Text(sample.Request.Body), sample.Request.IsBodyCut, sample.Request.BodyBytes));
        Assert.Equal(sample.Request.Bytes, sample.Request.Calls.Sum(call => call.Bytes));
    }

    [Fact]
    public void An_answer_that_is_seen_before_its_request_is_held_whole()
    {
        var sample = One(script => script.IsOvertaken().Receives(Put + "hello").Sends(Chunked + Chunks));
        AssertWhole(sample);
        Assert.Single(sample.Response.Calls);
    }

    [Fact]
    public void Neither_head_nor_interim_answers_have_content()
    {
        var sample = One(script => script.Receives("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").Sends(ResponseHead(200, "Content-Length: 5")));
        Assert.True(sample.Response.Body.IsEmpty);
        Assert.False(sample.Response.IsBodyCut);

        sample = One(script => script.Receives(Put).Sends("HTTP/1.1 100 Continue\r\nX: interim\r\n\r\n").Receives("hello")
            .Sends(Chunked + Chunks));
        AssertWhole(sample);
        Assert.Single(sample.Response.Calls);
    }

    [Fact]
    public void The_answer_decides_after_the_connection_closes()
    {
        var sample = One(script => script.Receives(Get()).Sends("HTTP/1.1 200 OK\r\n\r\nuntil the end").Closes());
        Assert.Equal("until the end", Text(sample.Response.Body));
        Assert.False(sample.Response.IsBodyCut);
    }

    [Fact]
    public void Beyond_the_budget_exchanges_are_counted_and_not_held()
    {
        const int bodies = 1_200, bodyBytes = HoldingPolicy.MaxBodyBytes;
        using var capture = new Capture(new HoldingPolicy(bodyBytes, 0));
        string body = Body(bodyBytes), head = $"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {bodyBytes}\r\n\r\n";
        var scripts = Enumerable.Range(0, bodies).Select(_ => Script.Server(capture)).ToList();
        foreach (var script in scripts) script.Receives(head + body);
        Assert.InRange(capture.Pipeline.HeldBytes, MessageHolding.MaxHeldBytes - (2 * bodyBytes), MessageHolding.MaxHeldBytes);
        Assert.True(capture.Statistics.MessagesNotHeld > 0);
        foreach (var script in scripts) script.Sends(Ok);

        var samples = capture.Sink.Samples;
        Assert.Equal(bodies, samples.Count);
        Assert.InRange(samples.Count(sample => !sample.Request.IsBodyCut), (int)(MessageHolding.MaxHeldBytes / (bodyBytes + 4096)) - 1,
            bodies / 2);
        Assert.All(samples, sample => Assert.True(sample.Request.IsBodyCut ? sample.Request.Body.IsEmpty
            : Text(sample.Request.Body) == body));
        Assert.All(samples, sample => Assert.Equal("PUT", SampleBuilder.Show(sample).Method));
        Assert.Equal(0, capture.Pipeline.HeldBytes);

        scripts[0].Receives(head + body).Sends(Ok); // there is room again
        Assert.Equal(body, Text(samples[^1].Request.Body));
    }

    [Fact]
    public void The_limits_follow_from_what_rules_collect()
    {
        var full = new ContentPolicy(CollectedContent.Full, CollectedContent.Headers, 1_000, 50_000);
        Assert.Equal(new HoldingPolicy(1_000 + HoldingPolicy.FramingSlackBytes, 0), HoldingPolicy.For([full, ContentPolicy.Nothing]));
        Assert.Equal(new HoldingPolicy(0, 0), HoldingPolicy.For([]));
        Assert.Equal(new HoldingPolicy(HoldingPolicy.MaxBodyBytes, HoldingPolicy.MaxBodyBytes),
            HoldingPolicy.For([full, SampleBuilder.Everything]));
    }

    private static Sample One(Action<Script> tell) => Assert.Single(Of(tell, Policy));

    private static List<Sample> Of(Action<Script> tell, HoldingPolicy policy)
    {
        using var capture = new Capture(policy);
        using var script = Script.Server(capture);
        tell(script);
        script.Closes();
        capture.Finish();
        return capture.Sink.Samples;
    }

    private static void AssertWhole(Sample sample) => Assert.Equal(
        (Put, "hello", Chunked, Chunks, false, false),
        (Text(sample.Request.Head), Text(sample.Request.Body), Text(sample.Response.Head), Text(sample.Response.Body),
            sample.Request.IsBodyCut, sample.Response.IsBodyCut));

    private static string Body(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}
