using System.Net;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Tests;

/// <summary>
/// Workloads of one name and several kinds, which labels do not tell apart: a series that came twice would cost Prometheus the whole
/// scrape.
/// </summary>
public sealed class EqualLabelsTests
{
    private static readonly Party[] Clients =
    [
        new(PartyKind.Workload, "shop", "Deployment/cart"),
        new(PartyKind.Workload, "shop", "StatefulSet/cart"),
        new(PartyKind.Pod, "shop", "cart"),
    ];

    // A pod's name comes again when what owns it is replaced.
    private static readonly ContainerIdentity[] Servers =
    [
        new("1", "shop", "stock-0", "app", "StatefulSet/stock"),
        new("2", "shop", "stock-0", "app", "CloneSet/stock"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_series_comes_twice(bool isOpenMetrics)
    {
        string[] series = [.. (await ScrapeAsync(isOpenMetrics ? ExpositionFormat.OpenMetrics : ExpositionFormat.PrometheusText))
            .Split('\n').Where(line => line is not ("" or ['#', ..])).Select(line => line[..line.LastIndexOf(' ')])];
        Assert.Equal(series.Distinct(), series);
    }

    [Fact]
    public async Task Each_counts_in_the_one_that_there_is()
    {
        var scraped = new Scraped(await ScrapeAsync(ExpositionFormat.PrometheusText));
        string[] labels =
        [
            "k8s_namespace_name=\"shop\"", "k8s_workload_name=\"stock\"", "k8s_pod_name=\"stock-0\"", "k8s_container_name=\"app\"",
            "process=\"nginx\"",
            "peer=\"shop/cart\"", "peer_kind=\"pod\"",
        ];
        Assert.Equal(6, scraped.Sum("http_server_request_duration_seconds_count", [.. labels, "http_response_status_code=\"200\""]));
        Assert.Equal(6, scraped.Sum("netprofiler_http_phase_seconds_count", [.. labels, "phase=\"application\""]));
        Assert.Equal(42, scraped.Sum("netprofiler_tcp_calls_total", [.. labels, "direction=\"read\""]));
        Assert.Equal(6, scraped.Sum("netprofiler_tcp_drops_total", [.. labels, "reason=\"no_socket\""]));
    }

    // docs/cost.md names these numbers.
    [Theory]
    [InlineData(false, 52)]
    [InlineData(true, 55)]
    public async Task A_label_combination_is_as_many_series_as_is_documented(bool isOpenMetrics, int expected)
    {
        string text = await ScrapeAsync(isOpenMetrics ? ExpositionFormat.OpenMetrics : ExpositionFormat.PrometheusText);
        Assert.Equal(expected, text.Split('\n').Count(line => line.StartsWith("http_server_re", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_the_label_of_pods_the_pods_of_a_workload_share_their_series()
    {
        string text = await ScrapeAsync(ExpositionFormat.PrometheusText, namesPods: false);
        Assert.DoesNotContain("k8s_pod_name", text, StringComparison.Ordinal);
        string[] labels = ["k8s_namespace_name=\"shop\"", "k8s_workload_name=\"stock\"", "k8s_container_name=\"app\""];
        Assert.Equal(6, new Scraped(text).Sum("http_server_request_duration_seconds_count", labels));
        Assert.Single(text.Split('\n'), line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Promtool_finds_no_fault()
    {
        Live.Require("promtool");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("metrics"), await ScrapeAsync(ExpositionFormat.PrometheusText));
        Assert.Empty(await ChildProcess.RunAsync("bash", "-c", $"promtool check metrics < {folder.File("metrics")} 2>&1"));
    }

    /// <summary>One exchange, seven calls and a dropped packet of each client with each server.</summary>
    private static async Task<string> ScrapeAsync(ExpositionFormat format, bool namesPods = true)
    {
        var observer = new ExchangeObserver(
            new ReportSettings([ProfilingPlan.Default], default, OutputMode.None, PrintMode.Samples, SampleSettings.Nowhere), printer: null,
            outlets: null) { NamesPods = namesPods };
        var pipeline = new ExchangePipeline(observer, NoKernel.Instance, new CaptureStatistics(), directory: new Directory());
        observer.Observe(pipeline);
        ulong connection = 0;
        for (int server = 0; server < Servers.Length; server++)
        {
            for (int client = 0; client < Clients.Length; client++) Exchange(pipeline, ++connection, server, client);
        }

        var registry = SelfMetrics.CreateRegistry();
        var counters = new ProfilerCounters(registry, new NoCounters(), pipeline, observer);
        counters.AddSamples(observer, lines: null, samples: null);
        var metrics = new ProfilerMetrics(observer, counters);
        await using var endpoint = new MetricsEndpoint(new IPEndPoint(IPAddress.Loopback, 0), _ => new(metrics.Collect()), registry);
        await endpoint.StartAsync(default);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Accept.ParseAdd(format.ContentType().Replace("; charset=utf-8", "", StringComparison.Ordinal));
        return await http.GetStringAsync(new Uri($"http://{endpoint.BoundEndPoint}/metrics"));
    }

    private static void Exchange(ExchangePipeline pipeline, ulong connection, int server, int client)
    {
        pipeline.OnOpen(new SocketOpen
        {
            Connection = connection, ProcessId = server, ProcessName = "nginx"u8, FromStart = true, Role = EndpointRole.Server,
            Local = EndpointAddress.IPv4([10, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([10, 0, 1, (byte)client], 40_000),
        });
        Move(pipeline, connection, Direction.Ingress, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8);
        Move(pipeline, connection, Direction.Egress, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8);
        pipeline.OnTally(new SocketTally { Connection = connection, TimeNanoseconds = 1, ReadCalls = 7, RoundTripMicroseconds = 9 });
        pipeline.OnDrop(connection, "no_socket", 1);
    }

    private static void Move(ExchangePipeline pipeline, ulong connection, Direction direction, ReadOnlySpan<byte> bytes) =>
        pipeline.OnData(new SocketData
    {
        Connection = connection, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
        TimeNanoseconds = (long)direction + 1, StartNanoseconds = (long)direction + 1, Position = 0, Length = (uint)bytes.Length,
        Offset = 0, Bytes = bytes,
    });

    /// <summary>The process's number is the server's, and the last byte of the address the client's.</summary>
    private sealed class Directory : IPartyDirectory
    {
        public ContainerIdentity? ContainerOf(ulong cgroup, int processId) => Servers[processId];

        public Party? RemoteOf(ConnectionIdentity connection) => Clients[(byte)connection.Remote.Bits];
    }

    private sealed class NoCounters : ICaptureCounters
    {
        public long Read(Counter counter) => 0;
    }
}
