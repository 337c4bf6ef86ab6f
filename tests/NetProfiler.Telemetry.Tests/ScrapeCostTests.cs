using System.Diagnostics;
using System.Net;
using NetProfiler.Telemetry.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Telemetry.Tests;

/// <summary>The series budget of an agent, scraped over HTTP. The bounds are generous; the figures are printed.</summary>
[Collection(AloneCollection.Name)]
public sealed class ScrapeCostTests(ITestOutputHelper output)
{
    private const int SeriesPerFamily = 2000;
    private const long MaxAllocatedBytes = 16 << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip")]
    public async Task A_full_scrape_is_quick_and_holds_little(string encoding)
    {
        var families = FullBudget();
        await using var endpoint = new MetricsEndpoint(new IPEndPoint(IPAddress.Loopback, 0), _ => new(families));
        await endpoint.StartAsync(default);
        using var http = new HttpClient();
        await ScrapeAsync();

        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        var bytes = await ScrapeAsync();
        var (time, allocated) = (clock.Elapsed, GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore);

        output.WriteLine($"{encoding}: {bytes:N0} bytes in {time.TotalMilliseconds:N0} ms, {allocated:N0} bytes allocated by both ends");
        Assert.InRange(time, TimeSpan.Zero, MaxTime);
        Assert.InRange(allocated, 0, MaxAllocatedBytes);

        async Task<long> ScrapeAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{endpoint.BoundEndPoint}/metrics");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await response.Content.ReadAsStreamAsync();
            var (buffer, total) = (new byte[16384], 0L);
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;) total += read;
            return total;
        }
    }

    private static MetricFamily[] FullBudget()
    {
        var bounds = new HistogramBounds(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);
        var counts = Enumerable.Range(1000, bounds.BucketCount).Select(count => (long)count).ToArray();
        var series = Enumerable.Range(0, SeriesPerFamily).Select(pod => new HistogramSeries(
            LabelSet.Of(
                ("http_request_method", "GET"), ("http_response_status_code", "200"), ("netprofiler_rule", "checkout"),
                ("k8s_namespace_name", "shop"), ("k8s_workload_name", "cart"), ("k8s_pod_name", $"cart-7d9c5b8f6b-{pod:x5}"),
                ("peer", "frontend"), ("peer_kind", "pod")),
            bounds, counts, 12345.678)).ToArray();

        return [Family("http_server_request_duration_seconds"), Family("tcp_read_seconds"), Family("tcp_write_seconds")];

        MetricFamily Family(string name) => new(name, MetricType.Histogram, "Time taken.", "seconds", series);
    }
}
