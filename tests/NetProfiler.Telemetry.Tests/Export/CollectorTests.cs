using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;
using NetProfiler.Telemetry.Export.Otlp;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>Each exporter against a collector that speaks its protocol: what arrives is what was offered, and nothing else.</summary>
public class CollectorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly ExportLimits Limits = new() { BatchDelay = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task Zipkin_gets_gzipped_spans_that_keep_its_rules()
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1);
        Assert.True(SampleExporters.TryCreateZipkin($"http://127.0.0.1:{collector.Port}", Limits, TimeProvider.System, out var exporter));
        ShownSample[] samples = [Samples.Shown(Samples.B3), Samples.Shown(Samples.W3C), Samples.Shown(Samples.Sw8), Samples.Shown("")];
        await OfferAndDrainAsync(exporter, samples);

        var requests = collector.Requests.ToArray();
        Assert.All(requests, request => Assert.Equal(("POST", "/api/v2/spans", "gzip", "application/json"),
            (request.Method, request.Path, request.Headers.ContentEncoding.ToString(), request.Headers.ContentType.ToString())));
        var spans = requests.SelectMany(request => JsonDocument.Parse(request.Body).RootElement.EnumerateArray()).ToList();
        spans.ForEach(ZipkinSchema.Check);
        Assert.Equal(["80f198ee56343ba864fe8b2a57d3eff7", "0af7651916cd43dd8448eb211c80319c"],
            spans.Take(2).Select(span => span.GetProperty("traceId").GetString()));
        Assert.Equal(4, spans.Count);
        AssertNoSecret([.. requests.Select(request => request.Body)]);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(false, "a-token")]
    [InlineData(true, "a-token")]
    public async Task SkyWalking_gets_a_stream_of_events(bool tls, string? token)
    {
        await using var collector = await GrpcTestCollector.StartAsync(tls);
        var address = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{collector.Port}");
        var transport = new SkyWalkingTransport(address, token, tls ? collector.TrustOfItsCertificate : null);
        var exporter = new SampleExporter<SkyWalkingTransport.Record>("skywalking", transport, Limits, TimeProvider.System);
        ShownSample[] samples = [Samples.Shown(Samples.Sw8), Samples.Shown(""), Samples.Shown(Samples.B3)];
        foreach (var sample in samples) exporter.Offer(sample);
        await exporter.DrainAsync(Patience);

        Assert.Equal((3, 2, 1), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Dropped(ExportDrop.NoTrace)));
        Assert.All(collector.Calls, call => Assert.Equal(("/skywalking.v3.SpanAttachedEventReportService/collect", token),
            (call.Path, call.Headers.GetValue("authentication"))));
        var events = collector.Calls.SelectMany(call => call.Messages).Cast<SpanAttachedEvent>().ToList();
        string[] names = ["HTTP Request Sampling", "HTTP Response Sampling", "Syscall Read", "Syscall Writev", "Syscall SendFile"];
        Assert.Equal([.. names, .. names], events.Select(one => one.Event));
        Assert.All(events.Take(5), one => Assert.Equal("TRACEID SEGMENTID 03 Skywalking", Reference(one)));
        Assert.All(events.Skip(5), one => Assert.Equal("80f198ee56343ba864fe8b2a57d3eff7  e457b5a2e4d86bd1 Zipkin", Reference(one)));
        AssertNoSecret(events);
        await exporter.DisposeAsync();

        static string Reference(SpanAttachedEvent one) =>
            $"{one.TraceContext.TraceId} {one.TraceContext.TraceSegmentId} {one.TraceContext.SpanId} {one.TraceContext.Type}";
    }

    [Fact]
    public async Task Otlp_gets_spans_over_grpc()
    {
        await using var collector = await GrpcTestCollector.StartAsync();
        await OfferAndDrainAsync(Otlp("grpc", collector.Port), Samples.Shown(Samples.W3C), Samples.Shown("", id: 5));

        Assert.All(collector.Calls, call => Assert.Equal("/opentelemetry.proto.collector.trace.v1.TraceService/Export", call.Path));
        AssertTwoSpans([.. collector.Calls.SelectMany(call => call.Messages).Cast<ExportTraceServiceRequest>()]);
    }

    [Fact]
    public async Task Otlp_gets_spans_over_http()
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1);
        await OfferAndDrainAsync(Otlp("http", collector.Port), Samples.Shown(Samples.W3C), Samples.Shown("", id: 5));

        Assert.All(collector.Requests, request => Assert.Equal(("POST", "/v1/traces"), (request.Method, request.Path)));
        AssertTwoSpans([.. collector.Requests.Select(request => ExportTraceServiceRequest.Parser.ParseFrom(request.Body))]);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task What_otlp_takes_in_part_is_counted_in_part(string scheme)
    {
        var answer = new ExportTraceServiceResponse { PartialSuccess = new ExportTracePartialSuccess { RejectedSpans = 2,
            ErrorMessage = "no" } };
        await using var grpc = await GrpcTestCollector.StartAsync();
        grpc.Answer = _ => answer;
        await using var http = await TestCollector.StartAsync(HttpProtocols.Http1);
        http.OnRequest = async (context, _) =>
        {
            await context.Response.Body.WriteAsync(answer.ToByteArray());
            return true;
        };
        await using var exporter = Otlp(scheme, scheme == "grpc" ? grpc.Port : http.Port);
        for (int i = 0; i < 5; i++) exporter.Offer(Samples.Shown());
        await exporter.DrainAsync(Patience);
        Assert.Equal((5, 3, 2), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Dropped(ExportDrop.Refused)));
    }

    [Theory]
    [InlineData("zipkin", "http://us%40er:p%3Ass@127.0.0.1:PORT/api?key=k", "/api?key=k")]
    [InlineData("otlp", "http://us%40er:p%3Ass@127.0.0.1:PORT/api?key=k", "/api?key=k")]
    public async Task Credentials_and_query_of_a_collectors_address_are_sent(string kind, string url, string path)
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1);
        collector.OnRequest = (context, _) =>
        {
            if (context.Request.Path + context.Request.QueryString.Value == path
                && context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String("us@er:p:ss"u8))
                return Task.FromResult(false);
            context.Response.StatusCode = 401;
            return Task.FromResult(true);
        };
        await OfferAndDrainAsync(Exporter(kind, url.Replace("PORT", $"{collector.Port}", StringComparison.Ordinal)),
            Samples.Shown(Samples.W3C));
    }

    [Fact]
    public async Task Credentials_of_a_collectors_address_are_sent_by_grpc()
    {
        await using var collector = await GrpcTestCollector.StartAsync();
        await OfferAndDrainAsync(Exporter("otlp", $"grpc://user:secret@127.0.0.1:{collector.Port}"), Samples.Shown(Samples.W3C));
        Assert.All(collector.Calls, call =>
            Assert.Equal("Basic " + Convert.ToBase64String("user:secret"u8), call.Headers.GetValue("authorization")));
    }

    [Theory]
    [InlineData("user:secret@oap:11800")]
    [InlineData("grpc://user@oap:11800")]
    [InlineData("grpc://oap:11800?key=k")]
    public void Credentials_that_cannot_be_sent_are_refused(string address)
    {
        Assert.False(SampleExporters.IsSkyWalking(address));
        Assert.DoesNotContain("secret", SampleExporters.Shown(address), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_wants_credentials_is_told_apart_and_works_again()
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1);
        collector.OnRequest = (context, _) =>
        {
            context.Response.StatusCode = 401;
            return Task.FromResult(true);
        };
        await using var exporter = Exporter("zipkin", $"http://127.0.0.1:{collector.Port}");
        exporter.Offer(Samples.Shown());
        await UntilAsync(() => exporter.Failing is not null);
        Assert.Equal("permission denied (401); credentials are taken from the collector's URL", exporter.Failing?.Reason);
        collector.OnRequest = (_, _) => Task.FromResult(false);
        exporter.Offer(Samples.Shown());
        await UntilAsync(() => exporter.Counts.Sent == 1);
        Assert.Null(exporter.Failing);
    }

    [Theory]
    [InlineData("zipkin")]
    [InlineData("otlp")]
    public async Task A_line_break_in_an_answer_does_not_split_a_line(string kind)
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1);
        collector.OnRequest = async (context, _) =>
        {
            context.Response.StatusCode = 400;
            await context.Response.Body.WriteAsync("no\r\nnetprofiler: all is well\u2028"u8.ToArray());
            return true;
        };
        await using var exporter = Exporter(kind, $"http://127.0.0.1:{collector.Port}");
        exporter.Offer(Samples.Shown());
        await exporter.DrainAsync(Patience);
        Assert.StartsWith("400 no", exporter.LastFailure, StringComparison.Ordinal);
        Assert.DoesNotContain(exporter.LastFailure!, one => one is '\r' or '\n' or '\u2028');
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++) await Task.Delay(20);
        Assert.True(condition());
    }

    private static ISampleExporter Exporter(string kind, string url)
    {
        ISampleExporter? exporter;
        Assert.True(kind == "zipkin" ? SampleExporters.TryCreateZipkin(url, Limits, TimeProvider.System, out exporter)
            : SampleExporters.TryCreateOtlp(url, Limits, TimeProvider.System, out exporter));
        return exporter!;
    }

    private static ISampleExporter Otlp(string scheme, int port)
    {
        Assert.True(SampleExporters.TryCreateOtlp($"{scheme}://127.0.0.1:{port}", Limits, TimeProvider.System, out var exporter));
        return exporter;
    }

    private static void AssertTwoSpans(IReadOnlyList<ExportTraceServiceRequest> messages)
    {
        var spans = messages.SelectMany(message => message.ResourceSpans).SelectMany(resource => resource.ScopeSpans)
            .SelectMany(scope => scope.Spans).ToList();
        Assert.Equal(2, spans.Count);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c b7ad6b7169203331", $"{Hex(spans[0].TraceId)} {Hex(spans[0].ParentSpanId)}");
        Assert.Equal("0000000000000005 ", $"{Hex(spans[1].SpanId)} {Hex(spans[1].ParentSpanId)}");
        Assert.Equal("HTTP Request Sampling", spans[0].Events[0].Name);
        AssertNoSecret(messages);

        static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
    }

    private static async Task OfferAndDrainAsync(ISampleExporter exporter, params ShownSample[] samples)
    {
        foreach (var sample in samples) exporter.Offer(sample);
        await exporter.DrainAsync(Patience);
        Assert.Null(exporter.LastFailure);
        Assert.Equal((samples.Length, samples.Length, 0, 0),
            (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Counts.Queued, exporter.Counts.QueuedBytes));
        await exporter.DisposeAsync();
    }

    private static void AssertNoSecret(IEnumerable<IMessage> messages) =>
        AssertNoSecret([.. messages.Select(message => message.ToByteArray())]);

    private static void AssertNoSecret(IReadOnlyList<byte[]> bodies)
    {
        Assert.NotEmpty(bodies);
        Assert.All(bodies, body => Assert.DoesNotContain(Samples.Secret, System.Text.Encoding.Latin1.GetString(body),
            StringComparison.Ordinal));
    }
}
