using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export;
using AloneCollection = NetProfiler.Telemetry.Tests.Support.AloneCollection;
using Samples = NetProfiler.Telemetry.Tests.Export.Samples;

namespace NetProfiler.Telemetry.Tests.Backends;

/// <summary>What a real Zipkin answers about traces of applications to which samples were added.</summary>
[Collection(AloneCollection.Name)]
public class ZipkinTests
{
    private const string Caller = "b7ad6b7169203331";
    private const int Count = 20;

    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;

    [SkippableFact]
    public async Task Samples_leave_the_tree_names_services_and_dependencies_of_applications_as_they_are()
    {
        using var zipkin = Backend.StartZipkin();
        string url = $"http://127.0.0.1:{zipkin.Port("ZIPKIN_PORT")}";
        await PostApplicationsAsync(url);
        var (services, names, dependencies) = (await ServicesAsync(url), await NamesAsync(url), await DependenciesAsync(url));
        Assert.Equal(["back", "front", "mid"], services);
        Assert.Equal(3, dependencies.Length);

        // Joined: both sides of each span. Separate: both sides of one whose caller reports, the server's of one whose caller does not.
        List<ShownSample> samples = [];
        for (int i = 0; i < Count; i++)
        {
            samples.Add(Sample($"b3: {Trace(1, i)}-{Caller}-1", EndpointRole.Client));
            samples.Add(Sample($"b3: {Trace(1, i)}-{Caller}-1", EndpointRole.Server) with { SpanUse = SpanUse.Joined });
            samples.Add(Sample($"traceparent: 00-{Trace(2, i)}-{Caller}-01", EndpointRole.Client));
            samples.Add(Sample($"traceparent: 00-{Trace(2, i)}-{Caller}-01", EndpointRole.Server));
            samples.Add(Sample($"traceparent: 00-{Trace(3, i)}-{Caller}-01", EndpointRole.Server) with { Peer = null });
        }

        await ExportAsync(url, samples);
        for (int i = 0; i < Count; i++)
        {
            var joined = await TraceAsync(url, Trace(1, i), 4);
            Assert.Equal(["client", "server"], OursOn(joined, Caller));
            AssertWithin(joined);
            Assert.Equal("front get /", RootOf(joined));

            var separate = await TraceAsync(url, Trace(2, i), 4);
            Assert.Equal(["client"], OursOn(separate, Caller));
            Assert.Equal(["server"], OursBelow(separate, Caller));
            Assert.Equal("front get /", RootOf(separate));

            var headless = await TraceAsync(url, Trace(3, i), 2);
            Assert.Empty(OursOn(headless, Caller));
            Assert.Equal(["server"], OursBelow(headless, Caller));
            Assert.Equal("back get /cart", RootOf(headless));
        }

        Assert.Equal((services, names, dependencies), (await ServicesAsync(url), await NamesAsync(url), await DependenciesAsync(url)),
            new Same());
    }

    [SkippableFact]
    public async Task What_the_tracer_did_not_sample_and_what_names_no_trace_is_found_by_service_and_tag()
    {
        using var zipkin = Backend.StartZipkin();
        string url = $"http://127.0.0.1:{zipkin.Port("ZIPKIN_PORT")}";
        List<ShownSample> samples = [];
        for (int i = 0; i < Count; i++)
        {
            samples.Add(Sample($"traceparent: 00-{Trace(4, i)}-{Caller}-00", EndpointRole.Server));
            samples.Add(Sample($"b3: {Trace(5, i)}-{Caller}-0", EndpointRole.Client));
            var key = new JoinKey(EndpointAddress.IPv4([10, 0, 0, 2], (ushort)(1000 + i)),
                EndpointAddress.IPv4([10, 0, 0, 1], 8080), 0, 0, 0);
            samples.Add(Sample("", EndpointRole.Server) with { JoinKey = key });
            samples.Add(Sample("", EndpointRole.Client) with { JoinKey = key });
        }

        await ExportAsync(url, samples);
        foreach (var (query, traces, spans) in new[]
        {
            ("netprofiler.reason=the application's tracer did not sample this trace", 2 * Count, 2 * Count),
            ("netprofiler.reason=the request names no trace of this system", Count, 2 * Count),
            ("http.path=/cart and error", 3 * Count, 4 * Count),
        })
        {
            var found = await GetTracesAsync(url, query, traces);
            Assert.Equal((traces, spans), (found.GetArrayLength(), found.EnumerateArray().Sum(trace => trace.GetArrayLength())));
            foreach (var trace in found.EnumerateArray()) AssertWithin(trace);
        }

        Assert.Equal(["cart"], await ServicesAsync(url));
        Assert.Empty(await DependenciesAsync(url)); // both ends of an exchange are no edge of the graph
        Assert.Contains("post /cart", await NamesAsync(url));
    }

    private static ShownSample Sample(string field, EndpointRole role)
    {
        var sample = Samples.Shown(field.Length > 0 ? field + "\r\n" : "", role, id: (ulong)Random.Shared.NextInt64(1, long.MaxValue));
        long shift = Now - sample.StartUnixNanoseconds;
        return sample with { StartUnixNanoseconds = Now, Request = Shifted(sample.Request, shift),
            Response = Shifted(sample.Response, shift) };
    }

    private static ShownMessage Shifted(ShownMessage message, long shift) => message with
    {
        StartUnixNanoseconds = message.StartUnixNanoseconds + shift,
        EndUnixNanoseconds = message.EndUnixNanoseconds + shift,
        Calls = [.. message.Calls.Select(call =>
            call with { StartUnixNanoseconds = call.StartUnixNanoseconds + shift, EndUnixNanoseconds = call.EndUnixNanoseconds + shift })],
    };

    private static string Trace(int kind, int number) => $"{kind:x16}{number + 1:x16}";

    // As tracers report: 1 joined spans, 2 a child of the client's, 3 the same below a caller that does not report.
    private static async Task PostApplicationsAsync(string url)
    {
        long now = Now / 1000;
        var spans = new List<Dictionary<string, object>>();
        for (int i = 0; i < Count; i++)
        {
            for (int kind = 1; kind <= 2; kind++)
            {
                spans.Add(Span(Trace(kind, i), "0000000000000001", null, "SERVER", "get /", "front", now - 1000, 5000));
                spans.Add(Span(Trace(kind, i), Caller, "0000000000000001", "CLIENT", "get", "front", now - 500, 3000));
            }

            var shared = Span(Trace(1, i), Caller, "0000000000000001", "SERVER", "get /cart", "mid", now - 10, 2000);
            shared["shared"] = true;
            spans.Add(shared);
            spans.Add(Span(Trace(2, i), "0000000000000003", Caller, "SERVER", "get /cart", "back", now + 100, 2000));
            spans.Add(Span(Trace(3, i), "0000000000000003", Caller, "SERVER", "get /cart", "back", now + 100, 2000));
            spans.Add(Span(Trace(3, i), "0000000000000004", "0000000000000003", "CLIENT", "get", "back", now + 200, 500));
            spans[^1]["remoteEndpoint"] = new Dictionary<string, object> { ["serviceName"] = "mid" };
        }

        await Backend.PostAsync($"{url}/api/v2/spans", spans);
        await TraceAsync(url, Trace(3, Count - 1), 2);
    }

    private static Dictionary<string, object> Span(string traceId, string id, string? parentId, string kind, string name, string service,
        long timestamp, long duration)
    {
        var span = new Dictionary<string, object>
        {
            ["traceId"] = traceId, ["id"] = id, ["kind"] = kind, ["name"] = name, ["timestamp"] = timestamp, ["duration"] = duration,
            ["localEndpoint"] = new Dictionary<string, object> { ["serviceName"] = service },
        };
        if (parentId is not null) span["parentId"] = parentId;
        return span;
    }

    private static async Task ExportAsync(string url, List<ShownSample> samples)
    {
        Assert.True(SampleExporters.TryCreateZipkin(url, ExportLimits.Default, TimeProvider.System, out var exporter));
        await using var disposed = exporter;
        foreach (var sample in samples) exporter.Offer(sample);
        await exporter.DrainAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((samples.Count, samples.Count), (exporter.Counts.Offered, exporter.Counts.Sent));
    }

    private static Task<JsonElement> TraceAsync(string url, string id, int spans) =>
        Backend.UntilAsync(() => Backend.GetAsync($"{url}/api/v2/trace/{id}"), trace => trace.GetArrayLength() >= spans);

    private static Task<JsonElement> GetTracesAsync(string url, string query, int traces) => Backend.UntilAsync(
        () => Backend.GetAsync($"{url}/api/v2/traces?serviceName=cart&limit=1000&annotationQuery={Uri.EscapeDataString(query)}"),
        found => found.GetArrayLength() >= traces);

    private static async Task<string[]> ServicesAsync(string url) => Strings(await Backend.GetAsync($"{url}/api/v2/services"));

    private static async Task<string[]> NamesAsync(string url)
    {
        var names = new List<string>();
        foreach (string service in await ServicesAsync(url))
            names.AddRange(Strings(await Backend.GetAsync($"{url}/api/v2/spans?serviceName={service}")));
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static async Task<string[]> DependenciesAsync(string url) =>
        [.. (await Backend.GetAsync($"{url}/api/v2/dependencies?endTs={(Now / 1_000_000) + 60_000}&lookback=86400000")).EnumerateArray()
            .Select(link => link.ToString()).Order(StringComparer.Ordinal)];

    private static string[] Strings(JsonElement array) =>
        [.. array.EnumerateArray().Select(one => one.GetString()!).Order(StringComparer.Ordinal)];

    // The sides of samples on a span, each with both of its messages once.
    private static List<string> OursOn(JsonElement trace, string id) => Ours(trace, span => Text(span, "id") == id);

    private static List<string> OursBelow(JsonElement trace, string id) => Ours(trace, span => Text(span, "parentId") == id);

    private static List<string> Ours(JsonElement trace, Func<JsonElement, bool> isWanted)
    {
        string[] values = [.. trace.EnumerateArray().Where(isWanted).SelectMany(Annotations)
            .Where(value => !value.Contains("Syscall", StringComparison.Ordinal))];
        Assert.Equal(values.Length, values.Distinct().Count());
        var sides = values.GroupBy(value => value[(value.IndexOf('(') + 1)..^1]).ToList();
        Assert.All(sides, side => Assert.Equal(4, side.Count()));
        return [.. sides.Select(side => side.Key).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Annotations(JsonElement span) =>
        span.TryGetProperty("annotations", out var annotations) ? annotations.EnumerateArray().Select(one => Text(one, "value")) : [];

    // As Lens: the parts of a span are one; of a trace without a root the earliest span below the missing one is it.
    private static string RootOf(JsonElement trace)
    {
        var ids = trace.EnumerateArray().Select(span => Text(span, "id")).ToHashSet();
        var parts = trace.EnumerateArray().GroupBy(span => Text(span, "id"))
            .Where(span => !span.Any(part => ids.Contains(Text(part, "parentId"))));
        var root = parts.Select(span => span.First(part => part.TryGetProperty("timestamp", out _)))
            .MinBy(part => part.GetProperty("timestamp").GetInt64());
        return $"{Text(root.GetProperty("localEndpoint"), "serviceName")} {Text(root, "name")}";
    }

    private static void AssertWithin(JsonElement trace)
    {
        foreach (var span in trace.EnumerateArray().GroupBy(span => Text(span, "id")))
        {
            var times = span.Where(part => part.TryGetProperty("timestamp", out _)).ToList();
            long start = times.Min(part => part.GetProperty("timestamp").GetInt64());
            long end = times.Max(part => part.GetProperty("timestamp").GetInt64() + part.GetProperty("duration").GetInt64());
            foreach (var one in span.SelectMany(part => part.TryGetProperty("annotations", out var all)
                ? all.EnumerateArray().ToList() : []))
                Assert.InRange(one.GetProperty("timestamp").GetInt64(), start, end);
        }
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private sealed class Same : IEqualityComparer<(string[] Services, string[] Names, string[] Dependencies)>
    {
        public bool Equals((string[] Services, string[] Names, string[] Dependencies) x,
            (string[] Services, string[] Names, string[] Dependencies) y) =>
            x.Services.SequenceEqual(y.Services) && x.Names.SequenceEqual(y.Names) && x.Dependencies.SequenceEqual(y.Dependencies);

        public int GetHashCode((string[] Services, string[] Names, string[] Dependencies) obj) => 0;
    }
}
