using System.Net;
using System.Text.Json;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Telemetry.Tests.Support;

namespace NetProfiler.Telemetry.Tests;

public class PrometheusScrapeTests
{
    [SkippableFact]
    public async Task A_real_Prometheus_reads_our_OpenMetrics_and_keeps_its_exemplars()
    {
        Skip.If(Tool.IsMissing("prometheus"), "prometheus is missing (Debian package prometheus)");

        await using var endpoint = new MetricsEndpoint(new IPEndPoint(IPAddress.Loopback, 0), _ => new(FreshShop()),
            OneRegistryTests.Counted());
        await endpoint.StartAsync(default);

        var directory = Directory.CreateTempSubdirectory("netprofiler-prometheus-");
        var config = Path.Combine(directory.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(config, $$"""
            global: {scrape_interval: 1s}
            scrape_configs: [{job_name: us, static_configs: [{targets: ['{{endpoint.BoundEndPoint}}']}]}]
            """);
        var api = $"127.0.0.1:{FreePort.Take()}";

        using var prometheus = Tool.Start(
            "prometheus", $"--config.file={config}", $"--storage.tsdb.path={directory.FullName}/data", $"--web.listen-address={api}",
            "--enable-feature=exemplar-storage", "--log.level=error");
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://{api}/api/v1/") };

            Assert.Contains("\"7\"", await AskAsync(http, "query?query=counted_things_total{kind=\"big\"}"));
            Assert.Contains("\"11\"", await AskAsync(http, "query?query=http_server_request_duration_seconds_count"));
            Assert.Contains(@"a\""b\\c\nd", await AskAsync(http, "query?query=http_server_request_duration_seconds_bucket{le=\"1.0\"}"));
            Assert.Contains("4bf92f3577b34da6a3ce929d0e0e4736", await AskAsync(
                http, "query_exemplars?query=http_server_request_duration_seconds_bucket&start=0&end=9999999999"));
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync();
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Asks until there is a result, for at most 20 s.</summary>
    private static async Task<string> AskAsync(HttpClient http, string question)
    {
        var answer = "";

        for (var attempt = 0; attempt < 100; attempt++, await Task.Delay(200))
        {
            try
            {
                answer = await http.GetStringAsync(question);
                var data = JsonDocument.Parse(answer).RootElement.GetProperty("data");
                if ((data.ValueKind == JsonValueKind.Array ? data : data.GetProperty("result")).GetArrayLength() > 0) break;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }
        }

        return answer;
    }

    /// <summary>Prometheus keeps no exemplar of another day.</summary>
    private static IReadOnlyList<MetricFamily> FreshShop() =>
    [
        .. Samples.Shop.Select(family =>
            new MetricFamily(family.Name, family.Type, family.Help, family.Unit, [.. family.Series.Select(Fresh)])),
    ];

    private static MetricSeries Fresh(MetricSeries series)
    {
        if (series is not HistogramSeries histogram) return series;

        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var exemplars = histogram.Exemplars.ToArray();
        return histogram with { Exemplars = Array.ConvertAll(exemplars, one => one is null ? null : one with { UnixSeconds = now }) };
    }
}
