using System.Text.Json;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>A real Prometheus scrapes the agent.</summary>
[Collection(LiveCollection.Name)]
public sealed class PrometheusTests
{
    private const string Count = "http_server_request_duration_seconds_count";

    [SkippableFact]
    public async Task Prometheus_counts_every_request_and_promtool_finds_no_fault()
    {
        Live.Require("nginx", "prometheus", "promtool");
        using var folder = new TemporaryFolder();
        int metrics = FreePort.Take(), port = FreePort.Take();
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--metrics-listen", $"127.0.0.1:{metrics}");
        await using var prometheus = await StartAsync(folder, metrics, port);
        using var http = new HttpClient();

        for (int attempt = 0; attempt < 60 && await QueryAsync(http, port, "up") != 1; attempt++) await Task.Delay(250);

        // Rounds, so that there is a rate.
        for (int round = 0; round < 5; round++)
        {
            using var client = await RawClient.ConnectAsync(nginx.Address);
            for (int i = 0; i < 100; i++)
            {
                await client.SendAsync((i % 4) switch
                {
                    0 => RawRequest.Get("/small"),
                    1 => RawRequest.Get("/f8"),
                    2 => RawRequest.Get("/missing"),
                    _ => RawRequest.Get("/fail", method: "HEAD"),
                });
            }

            await Task.Delay(1200);
        }

        double total = 0, rate = 0;
        for (int attempt = 0; attempt < 40 && (total != 500 || rate == 0); attempt++)
        {
            await Task.Delay(250);
            total = await QueryAsync(http, port, $"sum({Count})");
            rate = await QueryAsync(http, port, $"sum(rate({Count}[1m]))");
        }

        Assert.Equal(500, total);
        Assert.True(rate > 0);
        Assert.Equal(125, await QueryAsync(http, port, $"sum({Count}{{http_response_status_code=\"404\"}})"));
        Assert.Equal(125, await QueryAsync(http, port, $"sum({Count}{{http_request_method=\"HEAD\",http_response_status_code=\"500\"}})"));
        Assert.Equal(500, await QueryAsync(http, port, "sum(http_server_response_size_bytes_bucket{le=\"+Inf\"})"));

        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"));
        await File.WriteAllTextAsync(folder.File("metrics"), text);
        Assert.Empty(await ChildProcess.RunAsync("bash", "-c", $"promtool check metrics < {folder.File("metrics")} 2>&1"));

        await nginx.QuitAsync();
        (await agent.StopAsync()).AssertNothingLost();
    }

    [SkippableFact]
    public async Task Prometheus_shows_the_exemplar_of_a_slow_request()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736", SpanId = "00f067aa0ba902b7";
        Live.Require("prometheus", "curl");
        using var folder = new TemporaryFolder();
        int metrics = FreePort.Take(), port = FreePort.Take();
        await using var slow = new SlowServer(TimeSpan.FromMilliseconds(600));
        await using var agent = await Agent.StartAsync("--port", $"{slow.Port}", "--metrics-listen", $"127.0.0.1:{metrics}");
        await using var prometheus = await StartAsync(folder, metrics, port, "--enable-feature=exemplar-storage");
        using var http = new HttpClient();
        for (int attempt = 0; attempt < 60 && await QueryAsync(http, port, "up") != 1; attempt++) await Task.Delay(250);

        await ChildProcess.RunAsync("curl", "-s", "-H", $"traceparent: 00-{TraceId}-{SpanId}-01", $"http://127.0.0.1:{slow.Port}/slow");

        JsonElement[] exemplars = [];
        for (int attempt = 0; attempt < 60 && exemplars.Length == 0; attempt++)
        {
            await Task.Delay(250);
            exemplars = await ExemplarsAsync(http, port, "http_server_request_duration_seconds_bucket");
        }

        var exemplar = Assert.Single(exemplars);
        Assert.Equal(TraceId, exemplar.GetProperty("labels").GetProperty("trace_id").GetString());
        Assert.Equal(SpanId, exemplar.GetProperty("labels").GetProperty("span_id").GetString());
        Assert.InRange(double.Parse(exemplar.GetProperty("value").GetString()!), 0.6, 10);
        await agent.StopAsync();
    }

    private static async Task<ChildProcess> StartAsync(TemporaryFolder folder, int metrics, int port, params string[] more)
    {
        await File.WriteAllTextAsync(folder.File("prometheus.yml"), $"""
            global: {"{"}scrape_interval: 1s{"}"}
            scrape_configs:
            - job_name: netprofiler
              static_configs: [{"{"}targets: ["127.0.0.1:{metrics}"]{"}"}]
            """);
        return ChildProcess.Start(
            "prometheus",
            [$"--config.file={folder.File("prometheus.yml")}", $"--storage.tsdb.path={folder.File("data")}",
                $"--web.listen-address=127.0.0.1:{port}", .. more]);
    }

    private static async Task<JsonElement[]> ExemplarsAsync(HttpClient http, int port, string query)
    {
        string range = $"start={DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds()}&end={DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeSeconds()}";
        string json = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query_exemplars?query={query}&{range}"));
        return [.. JsonDocument.Parse(json).RootElement.GetProperty("data").EnumerateArray()
            .SelectMany(series => series.GetProperty("exemplars").EnumerateArray())];
    }

    /// <summary>The value of a query with one result; zero while there is none.</summary>
    private static async Task<double> QueryAsync(HttpClient http, int port, string query)
    {
        try
        {
            string json = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query?query={Uri.EscapeDataString(query)}"));
            var results = JsonDocument.Parse(json).RootElement.GetProperty("data").GetProperty("result");
            return results.GetArrayLength() == 0 ? 0 : double.Parse(results[0].GetProperty("value")[1].GetString()!);
        }
        catch (HttpRequestException)
        {
            return 0; // not up yet
        }
    }
}
