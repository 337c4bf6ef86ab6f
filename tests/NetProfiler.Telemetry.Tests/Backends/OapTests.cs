using System.Globalization;
using System.Text;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Telemetry.Export;
using AloneCollection = NetProfiler.Telemetry.Tests.Support.AloneCollection;
using Samples = NetProfiler.Telemetry.Tests.Export.Samples;

namespace NetProfiler.Telemetry.Tests.Backends;

/// <summary>What a real OAP answers about traces of SkyWalking's agents to which samples were added.</summary>
[Collection(AloneCollection.Name)]
public class OapTests
{
    private const int Count = 8;

    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;

    // One start of OAP for all: it takes half a minute.
    [SkippableFact]
    public async Task Samples_are_on_their_side_of_the_trace_each_once_and_in_the_lists()
    {
        using var oap = Backend.StartOap();
        string graphQl = $"http://127.0.0.1:{oap.Port("OAP_REST_PORT")}/graphql";
        for (int i = 0; i < Count; i++) await PostSegmentsAsync($"http://127.0.0.1:{oap.Port("OAP_REST_PORT")}/v3/segments", i);

        // Two tasks over each exchange, at both ends: clients' first, and servers' first.
        Assert.True(SampleExporters.TryCreateSkyWalking($"127.0.0.1:{oap.Port("OAP_GRPC_PORT")}", null, ExportLimits.Default,
            TimeProvider.System, out var exporter));
        for (int i = 0; i < Count; i++)
        {
            EndpointRole[] roles = i % 2 == 0 ? [EndpointRole.Client, EndpointRole.Server] : [EndpointRole.Server, EndpointRole.Client];
            foreach (var role in roles)
            {
                foreach (string task in new[] { "one", "two" }) exporter.Offer(Sample(Sw8(i), role) with { Task = task });
            }
        }

        await exporter.DrainAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((4 * Count, 4 * Count, 0), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.NotListed));
        await exporter.DisposeAsync();

        for (int i = 0; i < Count; i++)
        {
            var spans = await Backend.UntilAsync(() => SpansAsync(graphQl, $"trace-{i}"), spans => Events(spans, "").Count >= 4 * 5);
            Assert.Equal(Expected("client"), Events(spans, "Exit"));
            Assert.Equal(Expected("server"), Events(spans, "Entry"));
        }

        await AssertListsAsync(graphQl);
        await AssertOtlpKeepsMessagesAsync(oap);
        await AssertZipkinIsRefusedWithTheWayThatWorksAsync(oap);
    }

    // The client's list has its requests with their traces.
    private static async Task AssertListsAsync(string graphQl)
    {
        var condition = new
        {
            name = "sampled_status_5xx_trace_record", topN = 100, order = "DES",
            parentEntity = new
            {
                scope = "ProcessRelation", serviceName = "front", normal = true, serviceInstanceName = "front-1", processName = "cart",
                destServiceName = "front", destNormal = true, destServiceInstanceName = "front-1", destProcessName = "UNKNOWN_LOCAL",
            },
        };
        var records = await Backend.UntilAsync(
            () => AskAsync(graphQl, "query($c: RecordCondition!, $d: Duration!) { readRecords(condition: $c, duration: $d) { name "
                + "refId } }", new { c = condition, d = Duration() }),
            answer => answer.TryGetProperty("readRecords", out var found)
                && found.EnumerateArray().Select(one => one.GetProperty("refId").GetString()).Distinct().Count() == Count);
        Assert.All(records.GetProperty("readRecords").EnumerateArray(), one => Assert.Equal("/cart", one.GetProperty("name").GetString()));
    }

    // OAP keeps one annotation a microsecond of spans that come by OTLP.
    private static async Task AssertOtlpKeepsMessagesAsync(Backend oap)
    {
        const string Trace = "1af7651916cd43dd8448eb211c80319c";
        Assert.True(SampleExporters.TryCreateOtlp($"grpc://127.0.0.1:{oap.Port("OAP_GRPC_PORT")}", ExportLimits.Default,
            TimeProvider.System, out var exporter));
        exporter.Offer(Sample($"traceparent: 00-{Trace}-b7ad6b7169203331-01\r\n", EndpointRole.Server));
        await exporter.DrainAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, exporter.Counts.Sent);
        await exporter.DisposeAsync();
        var spans = await Backend.UntilAsync(() =>
            Backend.GetAsync($"http://127.0.0.1:{oap.Port("OAP_ZIPKIN_QUERY_PORT")}/zipkin/api/v2/trace/{Trace}"),
            answer => answer.GetArrayLength() > 0);
        string text = spans.ToString();
        Assert.All(new[] { "HTTP Request Sampling", "HTTP Response Sampling", "Syscall Read", "Syscall Writev", "Syscall SendFile" },
            name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    private static async Task AssertZipkinIsRefusedWithTheWayThatWorksAsync(Backend oap)
    {
        var limits = ExportLimits.Default with { Retry = new RetrySchedule(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50),
            TimeSpan.FromMilliseconds(200)) };
        Assert.True(SampleExporters.TryCreateZipkin($"http://127.0.0.1:{oap.Port("OAP_ZIPKIN_PORT")}", limits, TimeProvider.System,
            out var exporter));
        exporter.Offer(Sample(Samples.B3, EndpointRole.Server));
        await exporter.DrainAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((0, 1), (exporter.Counts.Sent, exporter.Dropped(ExportDrop.RetriesExhausted)));
        Assert.EndsWith("; if this is SkyWalking's OAP, use --skywalking HOST:11800", exporter.LastFailure, StringComparison.Ordinal);
        await exporter.DisposeAsync();
    }

    private static ShownSample Sample(string fields, EndpointRole role)
    {
        var sample = Samples.Shown(fields, role);
        long shift = Now - sample.StartUnixNanoseconds;
        ShownMessage Shifted(ShownMessage message) => message with
        {
            StartUnixNanoseconds = message.StartUnixNanoseconds + shift,
            EndUnixNanoseconds = message.EndUnixNanoseconds + shift,
            Calls = [.. message.Calls.Select(call =>
                call with { StartUnixNanoseconds = call.StartUnixNanoseconds + shift,
                EndUnixNanoseconds = call.EndUnixNanoseconds + shift })],
        };
        return sample with { StartUnixNanoseconds = Now, Request = Shifted(sample.Request), Response = Shifted(sample.Response),
            SampledAs = SampledAs.ServerError };
    }

    private static List<string> Expected(string role)
    {
        string[] calls = role == "server" ? ["Syscall Read", "Syscall Writev", "Syscall SendFile"]
            : ["Syscall SendMsg", "Syscall Recvfrom", "Syscall Recvfrom"];
        return [.. calls.Concat(["HTTP Request Sampling", "HTTP Response Sampling"])
            .SelectMany(name => new[] { $"{name} {role}", $"{name} {role}" }).Order(StringComparer.Ordinal)];
    }

    private static List<string> Events(JsonElement spans, string type) =>
    [
        .. spans.EnumerateArray().Where(span => type.Length == 0 || span.GetProperty("type").GetString() == type)
            .SelectMany(span => span.GetProperty("attachedEvents").EnumerateArray())
            .Select(one => $"{one.GetProperty("event").GetString()} {Tag(one, "connection_role")}").Order(StringComparer.Ordinal),
    ];

    private static string Tag(JsonElement one, string key) =>
        one.GetProperty("tags").EnumerateArray().Single(tag => tag.GetProperty("key").GetString() == key).GetProperty("value").GetString()!;

    private static async Task<JsonElement> SpansAsync(string graphQl, string traceId)
    {
        const string Query = "query($t: ID!) { queryTrace(traceId: $t) { spans { type attachedEvents { event tags { key value } } } } }";
        return (await AskAsync(graphQl, Query, new { t = traceId })).GetProperty("queryTrace").GetProperty("spans");
    }

    private static async Task<JsonElement> AskAsync(string graphQl, string query, object variables)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { query, variables }), Encoding.UTF8, "application/json");
        using var response = await Backend.Http.PostAsync(new Uri(graphQl), content);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("data");
    }

    private static object Duration()
    {
        string At(int minutes) => DateTime.UtcNow.AddMinutes(minutes).ToString("yyyy-MM-dd HHmm", CultureInfo.InvariantCulture);
        return new { start = At(-15), end = At(2), step = "MINUTE" };
    }

    private static string Sw8(int i)
    {
        static string Of(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        return $"sw8: 1-{Of($"trace-{i}")}-{Of($"front-{i}")}-1-{Of("front")}-{Of("front-1")}-{Of("/")}-{Of("10.0.0.1:8080")}\r\n";
    }

    // The caller's segment with its Exit span 1, and the callee's with the Entry span that refers to it.
    private static async Task PostSegmentsAsync(string url, int i)
    {
        long start = Now / 1_000_000;
        object Span(int id, int parent, string type, string name, object[] refs) => new
        {
            spanId = id, parentSpanId = parent, startTime = start, endTime = start + 5, refs, operationName = name,
            peer = type == "Exit" ? "10.0.0.1:8080" : "",
            spanType = type, spanLayer = "Http", componentId = 2, isError = false,
        };
        var reference = new
        {
            refType = "CrossProcess", traceId = $"trace-{i}", parentTraceSegmentId = $"front-{i}", parentSpanId = 1,
            parentService = "front",
            parentServiceInstance = "front-1", parentEndpoint = "/", networkAddressUsedAtPeer = "10.0.0.1:8080",
        };
        await Backend.PostAsync(url, new[]
        {
            new { traceId = $"trace-{i}", traceSegmentId = $"front-{i}", service = "front", serviceInstance = "front-1",
                spans = new[] { Span(0, -1, "Entry", "/", []), Span(1, 0, "Exit", "/cart", []) } },
            new { traceId = $"trace-{i}", traceSegmentId = $"back-{i}", service = "back", serviceInstance = "back-1",
                spans = new[] { Span(0, -1, "Entry", "/cart", [reference]) } },
        });
    }
}
