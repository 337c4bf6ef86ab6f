using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Telemetry.Export.Otlp;
using NetProfiler.Telemetry.Export.SkyWalking;
using NetProfiler.Telemetry.Tests.Export;

namespace NetProfiler.Node.Tests;

/// <summary>Sampled exchanges of nginx, asked by curl, in everything that a run puts out: exact lists, content, and no secret.</summary>
[Collection(LiveCollection.Name)]
public sealed class SampleTests
{
    private const string Secret = "hunter2-7c9e6679";

    private const string W3CTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string B3Trace = "80f198ee56343ba864fe8b2a57d3eff7";
    private const string B3MultiTrace = "463ac35c9f6413ad48485a3953bb6124";

    private static readonly string[][] TraceFields =
    [
        ["traceparent: 00-" + W3CTrace + "-b7ad6b7169203331-01"],
        ["b3: " + B3Trace + "-e457b5a2e4d86bd1-1"],
        ["X-B3-TraceId: " + B3MultiTrace, "X-B3-SpanId: a2fb4a1d1a96d312", "X-B3-Sampled: 1"],
        ["sw8: 1-VFJBQ0VJRA==-U0VHTUVOVElE-3-UEFSRU5UX1NFUlZJQ0U=-UEFSRU5UX0lOU1RBTkNF-UEFSRU5UX0VORFBPSU5U-SVBQT1JU"],
        [],
    ];

    [SkippableFact]
    public async Task Each_kind_of_trace_reaches_each_collector_with_content_and_without_secrets()
    {
        Live.Require("nginx", "curl");
        using var folder = new TemporaryFolder();
        await using var zipkin = await TestCollector.StartAsync(HttpProtocols.Http1);
        await using var oap = await GrpcTestCollector.StartAsync();
        await using var otlp = await TestCollector.StartAsync(HttpProtocols.Http1);
        await using var nginx = await Nginx.StartAsync();
        int metricsPort = FreePort.Take();
        await using var agent = await StartAsync(
            "--pid", $"{nginx.Id}", "--metrics-listen", $"127.0.0.1:{metricsPort}", "--har", folder.File("run.har"), "--record",
            folder.File("run.rec"),
            "--zipkin", $"http://127.0.0.1:{zipkin.Port}", "--skywalking", $"127.0.0.1:{oap.Port}", "--otlp",
            $"http://127.0.0.1:{otlp.Port}");

        for (int i = 0; i < TraceFields.Length; i++)
        {
            bool isJson = i % 2 == 0;
            await CurlAsync(
            [
                .. TraceFields[i].SelectMany(field => new[] { "-H", field }),
                "-H", $"Authorization: Bearer {Secret}", "-H", $"Cookie: session={Secret}; a=b", "-H", $"X-Api-Key: {Secret}",
                "-H", $"Content-Type: {(isJson ? "application/json" : "application/x-www-form-urlencoded")}",
                "-d", isJson ? $$"""{"user":"ann","password":"{{Secret}}"}""" : $"user=ann&password={Secret}",
                $"http://127.0.0.1:{nginx.Port}/fail?n={i}&access_token={Secret}",
            ]);
        }

        await CurlAsync($"http://127.0.0.1:{nginx.Port}/small");
        await Task.Delay(1500); // a batch is sent, and counted
        using var http = new HttpClient();
        string metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metricsPort}/metrics"));
        var (code, lines, errors) = await StopAsync(agent);
        Assert.Equal(0, code);

        // JSON lines.
        var samples = lines.ConvertAll(line => JsonDocument.Parse(line).RootElement);
        Assert.Equal(TraceFields.Length, samples.Count);
        Assert.Equal(["w3c", "b3", "b3", "sw8", "-"],
            samples.Select(one => one.TryGetProperty("trace", out var trace) ? Text(trace, "system") : "-"));
        for (int i = 0; i < samples.Count; i++)
        {
            Assert.StartsWith($"/fail?n={i}&access_token=[masked:16-31:", Text(samples[i], "target"), StringComparison.Ordinal);
            Assert.Equal("server-error", Text(samples[i], "sampled"));
            var request = samples[i].GetProperty("request");
            Assert.StartsWith(i % 2 == 0 ? """{"user":"ann","password":"[masked:16-31:""" : "user=ann&password=[masked:16-31:", Text(request, "body"), StringComparison.Ordinal);
            Assert.False(request.GetProperty("truncated").GetBoolean());
            Assert.Contains(request.GetProperty("headers").EnumerateArray(),
                field => Text(field, "name") == "Authorization"
                && Text(field, "value").StartsWith("Bearer [masked:", StringComparison.Ordinal));
            AssertTransfers(samples[i]);
            var response = samples[i].GetProperty("response");
            Assert.Equal(("HTTP/1.1 500 Internal Server Error", "broken\n"), (Text(response, "startLine"), Text(response, "body")));
            Assert.StartsWith("curl ", Text(samples[i], "curl"), StringComparison.Ordinal);
        }

        Assert.Equal(TraceFields.Length, samples.Select(one => Text(one, "id")).Distinct().Count());

        // The archive.
        string archive = await File.ReadAllTextAsync(folder.File("run.har"));
        var entries = JsonDocument.Parse(archive).RootElement.GetProperty("log").GetProperty("entries").EnumerateArray().ToList();
        Assert.Equal(TraceFields.Length, entries.Count);
        Assert.All(entries, entry => Assert.Equal(("POST", 500, "broken\n"), (
            Text(entry.GetProperty("request"), "method"), entry.GetProperty("response").GetProperty("status").GetInt32(),
            Text(entry.GetProperty("response").GetProperty("content"), "text"))));

        // Zipkin: additions to the spans that are named, where servers join them; spans of our own for the others.
        var spans = zipkin.Requests.SelectMany(request => JsonDocument.Parse(request.Body).RootElement.EnumerateArray()).ToList();
        spans.ForEach(ZipkinSchema.Check);
        Assert.Equal(5, spans.Count);
        Assert.Equal(
            [$"{W3CTrace} b7ad6b7169203331 SERVER", $"{B3Trace} e457b5a2e4d86bd1 SERVER", $"{B3MultiTrace} a2fb4a1d1a96d312 SERVER"],
            spans.Take(3).Select((span, i) => $"{Text(span, "traceId")} {Text(span, i == 0 ? "parentId" : "id")} {Text(span, "kind")}"));

        // SkyWalking: four traces; events of both messages and of each socket call.
        var events = oap.Calls.SelectMany(call => call.Messages).Cast<SpanAttachedEvent>().ToList();
        Assert.Equal(
            [$"{W3CTrace} b7ad6b7169203331 Zipkin", $"{B3Trace} e457b5a2e4d86bd1 Zipkin", $"{B3MultiTrace} a2fb4a1d1a96d312 Zipkin",
                "TRACEID 03 Skywalking"],
            events.Where(one => one.Event == "HTTP Request Sampling")
                .Select(one => $"{one.TraceContext.TraceId} {one.TraceContext.SpanId} {one.TraceContext.Type}"));
        Assert.Equal(4, events.Count(one => one.Event == "HTTP Response Sampling"));
        Assert.True(events.Count(one => one.Event.StartsWith("Syscall ", StringComparison.Ordinal)) >= 8);
        Assert.All(events, one => Assert.True(one.StartTime.Seconds < one.EndTime.Seconds || one.StartTime.Nanos <= one.EndTime.Nanos));

        // OpenTelemetry.
        var own = otlp.Requests.Select(request => ExportTraceServiceRequest.Parser.ParseFrom(request.Body))
            .SelectMany(message => message.ResourceSpans).SelectMany(resource => resource.ScopeSpans)
                .SelectMany(scope => scope.Spans).ToList();
        Assert.Equal(
            [$"{W3CTrace} b7ad6b7169203331", $"{B3Trace} e457b5a2e4d86bd1", $"{B3MultiTrace} a2fb4a1d1a96d312"],
            own.Take(3).Select(span => $"{Hex(span.TraceId)} {Hex(span.ParentSpanId)}"));
        Assert.Equal(5, own.Count);

        // The summary and the metrics count the same.
        string summary = string.Join('\n', errors);
        foreach (string of in new[] { "zipkin: 5 of 5", "skywalking: 4 of 5", "otlp: 5 of 5" })
            Assert.Contains($"  {of} samples sent", summary, StringComparison.Ordinal);
        Assert.Contains("samples not exported to skywalking, no trace: 1", summary, StringComparison.Ordinal);
        Assert.Contains("netprofiler_exporter_samples_sent_total{exporter=\"zipkin\"} 5", metrics, StringComparison.Ordinal);
        Assert.Contains("netprofiler_exporter_samples_dropped_total{exporter=\"skywalking\",reason=\"no_trace\"} 1", metrics,
            StringComparison.Ordinal);

        // No secret anywhere.
        byte[] recording = await File.ReadAllBytesAsync(folder.File("run.rec"));
        Assert.True(recording.AsSpan().IndexOf("/fail?n="u8) > 0);
        AssertNoSecret("the recording", recording);
        AssertNoSecret("the lines", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        AssertNoSecret("the archive", Encoding.UTF8.GetBytes(archive));
        AssertNoSecret("standard error", Encoding.UTF8.GetBytes(summary));
        AssertNoSecret("the metrics", Encoding.UTF8.GetBytes(metrics));
        foreach (var request in zipkin.Requests.Concat(otlp.Requests)) AssertNoSecret(request.Path, request.Body);
        foreach (var one in events) AssertNoSecret("an event", one.ToByteArray());

        // The recording tells the same once more, and to collectors too.
        int before = zipkin.Requests.Count;
        await using var replay = ChildProcess.Start(
            Agent.Program, "replay", folder.File("run.rec"), "--output", "json", "--zipkin", $"http://127.0.0.1:{zipkin.Port}", "--har",
            folder.File("replay.har"));
        Assert.Equal(0, await replay.WaitAsync());
        Assert.Equal(samples.Select(one => Text(one, "time")),
            (await replay.Output).Select(line => Text(JsonDocument.Parse(line).RootElement, "time")));
        Assert.Equal(5, zipkin.Requests.Skip(before).Sum(request => JsonDocument.Parse(request.Body).RootElement.GetArrayLength()));
        Assert.Equal(5, JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("replay.har"))).RootElement.GetProperty("log")
            .GetProperty("entries").GetArrayLength());
    }

    [SkippableTheory]
    [InlineData("when4xx: true", "/missing 404 client-error", "/missing 404 client-error")]
    [InlineData("when5xx: true", "/fail 500 server-error", "/fail 500 server-error")]
    [InlineData("minDurationMilliseconds: 300", "/slow 200 slow")]
    [InlineData("minDurationMilliseconds: 300, when5xx: true", "/fail 500 server-error", "/slow 200 slow", "/fail 500 server-error")]
    public async Task A_rule_samples_exactly_what_it_says(string rule, params string[] expected)
    {
        Live.Require("nginx", "curl");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("task.yaml"), $$"""
            apiVersion: netprofiler.dev/v1alpha1
            kind: NetworkProfilingTask
            metadata: {name: rules}
            spec:
              sampling:
                rules:
                - {name: only, {{rule}}, collect: {request: Headers, response: Full, maxResponseBytes: 200} }
            """);
        await using var nginx = await Nginx.StartAsync();
        await using var slow = new SlowServer(TimeSpan.FromMilliseconds(500));
        await using var agent = await StartAsync("-f", folder.File("task.yaml"), "--metrics-listen", "none", "--port", $"{nginx.Port}",
            "--port", $"{slow.Port}");
        string server = $"http://127.0.0.1:{nginx.Port}";
        foreach (string url in new[] { server + "/small", server + "/missing", server + "/fail", $"http://127.0.0.1:{slow.Port}/slow",
            server + "/fail", server + "/missing" })
            await CurlAsync(url);
        var (code, lines, _) = await StopAsync(agent);

        Assert.Equal(0, code);
        var samples = lines.ConvertAll(line => JsonDocument.Parse(line).RootElement).Where(one => Text(one, "role") == "server").ToList();
        Assert.Equal(expected, samples.Select(one =>
            $"{Text(one, "target")} {one.GetProperty("status").GetInt32()} {Text(one, "sampled")}"));
        Assert.All(samples, one => Assert.Equal("only", Text(one, "rule")));
        Assert.All(samples, one => Assert.False(one.GetProperty("request").TryGetProperty("body", out _)));
        foreach (var one in samples.Where(one => Text(one, "target") == "/missing"))
            Assert.True(one.GetProperty("response").GetProperty("truncated").GetBoolean());
    }

    [SkippableFact]
    public async Task Two_tasks_over_one_process_have_rules_lists_and_budgets_of_their_own()
    {
        Live.Require("nginx", "curl");
        using var folder = new TemporaryFolder();
        // One asks for less than the other, and one is allowed a single sample a second.
        await File.WriteAllTextAsync(folder.File("errors.yaml"), """
            apiVersion: netprofiler.dev/v1alpha1
            kind: NetworkProfilingTask
            metadata: {name: errors}
            spec:
              sampling: {rules: [{name: broken, uriRegex: ^/fail, when5xx: true}, {name: other, when4xx: true, when5xx: true}]}
            """);
        await File.WriteAllTextAsync(folder.File("sparing.yaml"), """
            apiVersion: netprofiler.dev/v1alpha1
            kind: NetworkProfilingTask
            metadata: {name: sparing}
            spec:
              direction: Server
              sampling: {maxSamplesPerSecond: 1, traceContexts: [B3], rules: [{name: broken, when5xx: true, collect: {request: Headers}}]}
            """);
        await using var nginx = await Nginx.StartAsync();
        int metrics = FreePort.Take();
        await using var agent = await StartAsync(
            "-f", folder.File("errors.yaml"), "-f", folder.File("sparing.yaml"), "--metrics-listen", $"127.0.0.1:{metrics}", "--pid",
            $"{nginx.Id}");
        string[] paths = ["/fail?1", "/missing?2", "/small?3", "/fail?4", "/missing?5", "/fail?6"];
        await CurlAsync(["-H", TraceFields[0][0], "-H", TraceFields[1][0], .. paths.Select(path => $"http://127.0.0.1:{nginx.Port}{path}"),
            "-o", "/dev/null"]);
        using var http = new HttpClient();
        string told = "";
        for (int attempt = 0; attempt < 40 && !told.Contains("netprofiler_samples_total{reason=\"server-error\",rule=\"broken\"} 6",
            StringComparison.Ordinal); attempt++)
        {
            await Task.Delay(50);
            told = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"));
        }

        var (code, lines, errors) = await StopAsync(agent);

        Assert.Equal(0, code);
        var samples = lines.ConvertAll(line => JsonDocument.Parse(line).RootElement);
        string[] Of(string task) => [.. samples.Where(one => Text(one, "task") == task)
            .Select(one => $"{Text(one, "target")} {Text(one, "rule")} {Text(one.GetProperty("trace"), "system")}")];
        Assert.Equal(
            ["/fail?1 broken w3c", "/missing?2 other w3c", "/fail?4 broken w3c", "/missing?5 other w3c", "/fail?6 broken w3c"],
            Of("errors"));
        Assert.Equal(["/fail?1 broken b3"], Of("sparing"));
        Assert.Contains("  samples dropped, rate limit: 2", errors);
        // An exchange is one exchange, however many tasks look at it; both tasks call a rule "broken".
        Assert.Equal(
            ["netprofiler_samples_total{reason=\"client-error\",rule=\"other\"} 2",
                "netprofiler_samples_total{reason=\"server-error\",rule=\"broken\"} 6"],
            told.Split('\n').Where(line => line.StartsWith("netprofiler_samples_total", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        Assert.Contains(errors, line => line.StartsWith($"netprofiler: {paths.Length} exchanges", StringComparison.Ordinal));
    }

    // Every byte of both messages was moved by a call that is listed, within the message's times.
    private static void AssertTransfers(JsonElement sample)
    {
        foreach (string message in new[] { "request", "response" })
        {
            var transfer = sample.GetProperty("transfers").GetProperty(message);
            var calls = transfer.GetProperty("calls").EnumerateArray().ToList();
            Assert.Equal(sample.GetProperty($"{message}Bytes").GetInt64(), calls.Sum(call => call.GetProperty("bytes").GetInt64()));
            Assert.Equal(Text(transfer, "start"), Text(calls[0], "start"));
            Assert.Equal(Text(transfer, "end"), Text(calls[^1], "end"));
        }

        var join = sample.GetProperty("join");
        Assert.Equal(0, join.GetProperty("requestPosition").GetInt64());
        Assert.Equal(0, join.GetProperty("responsePosition").GetInt64());
    }

    private static async Task<ChildProcess> StartAsync(params string[] arguments)
    {
        var process = ChildProcess.Start(Agent.Program, ["run", "--output", "json", .. arguments]);
        await process.WaitForLineAsync("netprofiler: capturing");
        return process;
    }

    private static async Task<(int Code, List<string> Lines, List<string> Errors)> StopAsync(ChildProcess agent)
    {
        agent.Send(Signal.Terminate);
        int code = await agent.WaitAsync(TimeSpan.FromSeconds(30));
        return (code, await agent.Output, await agent.Errors);
    }

    private static async Task CurlAsync(params string[] arguments) =>
        await ChildProcess.RunAsync("curl", ["-s", "-o", "/dev/null", .. arguments]);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private static void AssertNoSecret(string where, byte[] bytes)
    {
        Assert.NotEmpty(bytes);
        Assert.False(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) >= 0, $"a secret is in {where}");
    }
}
