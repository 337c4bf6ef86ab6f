using System.Net;
using System.Text.RegularExpressions;
using NetProfiler.Telemetry.Tests.Support;
using Prometheus;

namespace NetProfiler.Telemetry.Tests;

/// <summary>Families of our own and those of the registry are one response.</summary>
public sealed partial class OneRegistryTests
{
    [Theory]
    [InlineData(ExpositionFormat.PrometheusText)]
    [InlineData(ExpositionFormat.OpenMetrics)]
    public async Task Both_kinds_of_families_are_in_one_response_with_one_end(ExpositionFormat format)
    {
        var text = await ScrapeAsync(format);
        var isOpenMetrics = format == ExpositionFormat.OpenMetrics;
        Assert.Equal(isOpenMetrics ? 1 : 0, Regex.Count(text, "^# EOF$", RegexOptions.Multiline));
        Assert.EndsWith(isOpenMetrics ? "\n# EOF\n" : "\n", text, StringComparison.Ordinal);

        // Types stand once for each family, in the registry's part as in ours.
        string[] types = [.. Type().Matches(text).Select(match => match.Groups[1].Value)];
        Assert.Equal(types.Distinct(), types);
        Assert.Contains(isOpenMetrics ? "counted_things" : "counted_things_total", types);
        Assert.Contains("http_server_request_duration_seconds", types);

        var samples = ExpositionReader.Read(text);
        Assert.Equal(7, Assert.Single(samples, sample => sample.Name == "counted_things_total" && sample.Labels["kind"] == "big").Value);
        Assert.Equal(11, Assert.Single(samples, sample => sample.Name == "http_server_request_duration_seconds_count").Value);
        Assert.Single(samples, sample => sample.Name == "process_cpu_seconds_total");
        Assert.InRange(Assert.Single(samples, sample => sample.Name == "process_resident_memory_bytes").Value, 1 << 20, double.MaxValue);
    }

    [SkippableFact]
    public async Task Promtool_finds_no_fault_in_the_text()
    {
        Skip.If(Tool.IsMissing("promtool"), "promtool is missing (Debian package prometheus)");
        Assert.Equal((0, ""), await Tool.RunAsync(await ScrapeAsync(ExpositionFormat.PrometheusText), "promtool", "check", "metrics"));
    }

    /// <summary>promtool checks text only, but makes blocks of OpenMetrics, where each sample has a time.</summary>
    [SkippableFact]
    public async Task Promtool_reads_the_OpenMetrics()
    {
        Skip.If(Tool.IsMissing("promtool"), "promtool is missing (Debian package prometheus)");
        var text = Value().Replace(await ScrapeAsync(ExpositionFormat.OpenMetrics), "$1 1700000000");
        var folder = Directory.CreateTempSubdirectory("netprofiler-promtool-");
        var (code, output) = await BlocksOfAsync(text);
        Assert.True(code == 0, output);

        // It would notice that the end is missing.
        Assert.NotEqual(0, (await BlocksOfAsync(text.Replace("# EOF\n", "", StringComparison.Ordinal))).ExitCode);
        folder.Delete(recursive: true);

        async Task<(int ExitCode, string Output)> BlocksOfAsync(string metrics)
        {
            var file = Path.Combine(folder.FullName, "metrics");
            await File.WriteAllTextAsync(file, metrics);
            return await Tool.RunAsync("", "promtool", "tsdb", "create-blocks-from", "openmetrics", file,
                Path.Combine(folder.FullName, "data"));
        }
    }

    [Fact]
    public async Task A_registry_that_hangs_is_answered_in_time()
    {
        var registry = Metrics.NewCustomRegistry();
        registry.AddBeforeCollectCallback(cancellation => Task.Delay(Timeout.Infinite, cancellation));
        var scrapes = new ScrapeHandler(_ => new(Samples.Shop), registry) { MaxCollectTime = TimeSpan.FromMilliseconds(50) };
        await using var endpoint = new MetricsEndpoint(new IPEndPoint(IPAddress.Loopback, 0), scrapes);
        await endpoint.StartAsync(default);
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://{endpoint.BoundEndPoint}/metrics"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    internal static CollectorRegistry Counted()
    {
        var registry = SelfMetrics.CreateRegistry();
        var factory = Metrics.WithCustomRegistry(registry);
        factory.CreateCounter("counted_things_total", "Things, by kind.", "kind").WithLabels("big").Inc(7);
        factory.CreateHistogram("counted_waits_seconds", "Waits.").Observe(0.3);
        return registry;
    }

    private static async Task<string> ScrapeAsync(ExpositionFormat format)
    {
        await using var endpoint = new MetricsEndpoint(new IPEndPoint(IPAddress.Loopback, 0), _ => new(Samples.Shop), Counted());
        await endpoint.StartAsync(default);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", format.ContentType());
        return await http.GetStringAsync(new Uri($"http://{endpoint.BoundEndPoint}/metrics"));
    }

    [GeneratedRegex(@"^# TYPE (\S+) ", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex("""^([^#\n{ ]+(?:\{(?:[^"}]|"(?:[^"\\\n]|\\.)*")*\})? \S+)""", RegexOptions.Multiline)]
    private static partial Regex Value();
}
