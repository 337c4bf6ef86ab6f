using System.Text;
using System.Text.Json;
using Google.Protobuf;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>What each collector gets, byte for byte: golden files.</summary>
public class WireFormatTests
{
    [Theory]
    [InlineData("zipkin-server-b3.json", Samples.B3, EndpointRole.Server)]
    [InlineData("zipkin-client-w3c.json", Samples.W3C, EndpointRole.Client)]
    [InlineData("zipkin-sw8.json", Samples.Sw8, EndpointRole.Server)]
    public void Zipkin(string golden, string trace, EndpointRole role)
    {
        using var transport = new ZipkinTransport(new Uri("http://localhost"), TimeProvider.System);
        byte[] span = transport.Encode(Samples.Shown(trace, role));
        using var json = JsonDocument.Parse(span);
        ZipkinSchema.Check(json.RootElement);
        Golden.Equal(golden, Indented(json.RootElement));
    }

    [Fact]
    public void Zipkin_numbers_the_exchanges_of_a_span_on_each_side()
    {
        using var transport = new ZipkinTransport(new Uri("http://localhost"), TimeProvider.System);
        // B3 without evidence is taken to be joined; W3C never is.
        string[] first = [.. new[] { Samples.Shown(), Samples.Shown(), Samples.Shown(role: EndpointRole.Client),
            Samples.Shown(Samples.W3C) }
            .Select(sample => Encoding.UTF8.GetString(transport.Encode(sample)))];
        Assert.Equal([1, 2, 1, 1], first.Select(span => span.Contains("Start HTTP Request Sampling-2", StringComparison.Ordinal) ? 2 : 1));
        Assert.Contains("http.response.sampling-2.server.data_content", first[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Span_numbers_are_kept_for_a_bounded_number_of_spans()
    {
        var numbers = new SpanNumbers();
        for (int i = 0; i < SpanNumbers.MaxSpans * 3; i++) Assert.Equal(1, numbers.Next($"{i}"));
        Assert.Equal(2, numbers.Next($"{(SpanNumbers.MaxSpans * 3) - 1}"));
        Assert.Equal(1, numbers.Next("0"));
    }

    [Theory]
    [InlineData("skywalking-server-sw8.txt", Samples.Sw8, EndpointRole.Server)]
    [InlineData("skywalking-client-b3.txt", Samples.B3, EndpointRole.Client)]
    public void SkyWalking(string golden, string trace, EndpointRole role)
    {
        using var transport = new SkyWalkingTransport(new Uri("http://localhost"), null);
        var events = transport.Encode(Samples.Shown(trace, role));
        Golden.Equal(golden, string.Join("---\n", events.Events.Select(one => Golden.Raw(one.ToByteArray()))));
    }

    [Fact]
    public void SkyWalking_has_no_place_for_a_sample_without_a_trace()
    {
        using var transport = new SkyWalkingTransport(new Uri("http://localhost"), null);
        Assert.Equal(ExportDrop.NoTrace, transport.Refuses(Samples.Shown("")));
    }

    [Theory]
    [InlineData("otlp-server-w3c.txt", Samples.W3C, EndpointRole.Server)]
    [InlineData("otlp-client-none.txt", "", EndpointRole.Client)]
    public void Otlp(string golden, string trace, EndpointRole role)
    {
        using var transport = new OtlpTransport(new OtlpAddress(new Uri("http://localhost"), IsGrpc: false), TimeProvider.System);
        Golden.Equal(golden, Golden.Raw(OtlpTransport.Request([transport.Encode(Samples.Shown(trace, role))]).ToByteArray()));
    }

    // The client's end of a call in a cluster: its pod, and the service that it calls.
    [Theory]
    [InlineData("cluster-otlp.txt")]
    [InlineData("cluster-zipkin.json")]
    [InlineData("cluster-skywalking.txt")]
    public void A_sample_of_a_pod_names_what_Kubernetes_knows_of_both_ends(string golden)
    {
        bool isZipkin = golden.EndsWith(".json", StringComparison.Ordinal);
        var sample = Samples.Shown(isZipkin ? "" : Samples.W3C, isZipkin ? EndpointRole.Client : EndpointRole.Server) with
        {
            Process = new(7, "cart") { Container = new("1f2e", "shop", "cart-7d9f-x2x", "app", "Deployment/cart") },
            Peer = new(8, "web") { Container = new("3c4d", "front", "web-0", "nginx", "StatefulSet/web") },
            RemoteParty = new Party(PartyKind.Workload, "front", "StatefulSet/web"),
            NodeName = "node-1",
        };
        Golden.Equal(golden, Encoded(golden, sample));
    }

    private static string Encoded(string golden, ShownSample sample)
    {
        if (golden.Contains("zipkin", StringComparison.Ordinal))
        {
            using var zipkin = new ZipkinTransport(new Uri("http://localhost"), TimeProvider.System);
            using var json = JsonDocument.Parse(zipkin.Encode(sample));
            ZipkinSchema.Check(json.RootElement);
            return Indented(json.RootElement);
        }

        if (golden.Contains("otlp", StringComparison.Ordinal))
        {
            using var otlp = new OtlpTransport(new OtlpAddress(new Uri("http://localhost"), IsGrpc: false), TimeProvider.System);
            return Golden.Raw(OtlpTransport.Request([otlp.Encode(sample)]).ToByteArray());
        }

        using var skyWalking = new SkyWalkingTransport(new Uri("http://localhost"), null);
        return string.Join("---\n", skyWalking.Encode(sample).Events.Select(one => Golden.Raw(one.ToByteArray())));
    }

    [Fact]
    public async Task Har()
    {
        var output = new MemoryStream();
        await using (var har = new HarWriter(output, "0.1.0"))
        {
            await har.WriteAsync(Samples.Shown(), default);
            await har.WriteAsync(Samples.Shown("", content: ContentPolicy.Nothing) with { Phases = QueuedFor(2_000_000) }, default);
            await har.WriteAsync(Samples.Shown("", EndpointRole.Client, content: ContentPolicy.Nothing), default);
        }

        Golden.Equal("samples.har", Encoding.UTF8.GetString(output.ToArray()));
    }

    // A server's exchange of 1,234,567 ns whose request lay ready before.
    private static ExchangePhases QueuedFor(long nanoseconds) =>
        ExchangePhases.OfServer(arrived: 1, start: 1 + nanoseconds, requestEnd: 1 + nanoseconds, answering: 1 + nanoseconds,
            end: 1 + nanoseconds + 1_234_567);

    [Fact]
    public void Curl() => Golden.Equal("curl.txt", CurlCommand.Of(Samples.Shown()));

    [Theory]
    [InlineData("zipkin", "http://z", "http://z:9411/api/v2/spans")]
    [InlineData("zipkin", "http://z:80/other", "http://z/other")]
    [InlineData("zipkin", "https://z", "https://z/api/v2/spans")]
    [InlineData("zipkin", "z:9411", null)]
    [InlineData("skywalking", "oap", "http://oap:11800/")]
    [InlineData("skywalking", "oap:1234", "http://oap:1234/")]
    [InlineData("skywalking", "grpcs://oap:443", "https://oap/")]
    [InlineData("skywalking", "ftp://oap", null)]
    [InlineData("otlp", "http://c", "http http://c:4318/v1/traces")]
    [InlineData("otlp", "http://c:4318/x", "http http://c:4318/x")]
    [InlineData("otlp", "http://c:4317", "grpc http://c:4317/")]
    [InlineData("otlp", "grpc://c", "grpc http://c:4317/")]
    [InlineData("otlp", "grpcs://c:5000", "grpc https://c:5000/")]
    [InlineData("otlp", "https://c:443/v1/traces", "http https://c/v1/traces")]
    [InlineData("otlp", "c:4317", null)]
    public void Addresses(string collector, string text, string? expected)
    {
        string? actual = collector switch
        {
            "zipkin" => ZipkinAddress.TryParse(text, out var uri) ? uri.ToString() : null,
            "skywalking" => SkyWalkingAddress.TryParse(text, out var uri) ? uri.ToString() : null,
            _ => OtlpAddress.TryParse(text, out var address) ? $"{(address.IsGrpc ? "grpc" : "http")} {address.Uri}" : null,
        };
        Assert.Equal(expected, actual);
    }

    private static string Indented(JsonElement json)
    {
        var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output,
            new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            json.WriteTo(writer);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
