using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetProfiler.Telemetry.Tests.Support;

namespace NetProfiler.Telemetry.Tests;

public sealed class MetricsEndpointTests : IDisposable
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Metrics_come_as_text_unless_asked_otherwise()
    {
        await using var endpoint = await StartAsync(Shop);
        using var response = await _http.GetAsync(UrlOf(endpoint));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(ExpositionFormat.PrometheusText.Write(Samples.Shop), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Metrics_come_as_OpenMetrics_for_those_who_prefer_it()
    {
        await using var endpoint = await StartAsync(Shop);
        using var response = await SendAsync(endpoint, "/metrics", accept: "application/openmetrics-text;version=1.0.0,*/*;q=0.1");

        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(ExpositionFormat.OpenMetrics.Write(Samples.Shop), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Metrics_come_compressed_for_those_who_accept_it()
    {
        await using var endpoint = await StartAsync(Shop);
        using var response = await SendAsync(endpoint, "/metrics", acceptEncoding: "gzip");

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var text = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        Assert.Equal(ExpositionFormat.PrometheusText.Write(Samples.Shop), await new StreamReader(text, Encoding.UTF8).ReadToEndAsync());
    }

    [Fact]
    public async Task HEAD_is_GET_without_the_content()
    {
        await using var endpoint = await StartAsync(Shop);
        using var response = await SendAsync(endpoint, "/metrics", HttpMethod.Head);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/healthz", "a watch hangs")]
    [InlineData("/readyz", "pods are not listed yet")]
    public async Task A_probe_that_fails_says_why(string path, string fault)
    {
        await using var endpoint = new MetricsEndpoint(new IPEndPoint(IPAddress.Loopback, 0),
            _ => ValueTask.FromResult<IReadOnlyList<MetricFamily>>([]))
        {
            LivenessFault = () => "a watch hangs",
            ReadinessFault = () => "pods are not listed yet",
        };
        await endpoint.StartAsync(CancellationToken.None);
        using var response = await SendAsync(endpoint, path);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(fault + "\n", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/", HttpStatusCode.OK, "href=\"/metrics\"")]
    [InlineData("/healthz", HttpStatusCode.OK, "ok")]
    [InlineData("/readyz", HttpStatusCode.OK, "ok")]
    [InlineData("/metrics/", HttpStatusCode.NotFound, "try /metrics")]
    [InlineData("/favicon.ico", HttpStatusCode.NotFound, "try /metrics")]
    public async Task Every_other_path_has_its_answer(string path, HttpStatusCode status, string content)
    {
        await using var endpoint = await StartAsync(Shop);
        using var response = await SendAsync(endpoint, path);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(content, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Another_method_is_told_which_are_allowed()
    {
        await using var endpoint = await StartAsync(Shop);
        using var response = await SendAsync(endpoint, "/metrics", HttpMethod.Delete);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_collection_that_fails_is_told_in_one_line()
    {
        await using var endpoint = await StartAsync(_ => throw new InvalidOperationException("map\nis gone"));
        using var response = await SendAsync(endpoint, "/metrics");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("collecting failed: map is gone\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_collection_that_hangs_is_answered_in_time()
    {
        using var forever = new ManualResetEventSlim();
        await using var endpoint = await StartAsync(Hangs(forever), TimeSpan.FromMilliseconds(50));
        using var response = await SendAsync(endpoint, "/metrics");
        forever.Set();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("collecting took longer than 0.05 s\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Collections_that_hang_stay_four_and_leave_their_places_when_they_end()
    {
        using var forever = new ManualResetEventSlim();
        await using var endpoint = await StartAsync(Hangs(forever), TimeSpan.FromMilliseconds(50));
        for (var scrape = 0; scrape < ScrapeHandler.MaxConcurrentScrapes; scrape++) (await SendAsync(endpoint, "/metrics")).Dispose();

        using var refused = await SendAsync(endpoint, "/metrics");
        Assert.Equal("4 scrapes are already running\n", await refused.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);

        forever.Set();
        await SucceedsWithinAsync(TimeSpan.FromSeconds(10), endpoint);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        await using var first = await StartAsync(Shop);
        await using var second = new MetricsEndpoint(first.BoundEndPoint, Shop);
        var error = await Assert.ThrowsAsync<EndpointUnavailableException>(() => second.StartAsync(default));

        Assert.Equal($"cannot listen on {first.BoundEndPoint}: address already in use", error.Message);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named()
    {
        // TEST-NET-1 of RFC 5737: nobody's address.
        await using var endpoint = new MetricsEndpoint(IPEndPoint.Parse("192.0.2.1:9464"), Shop);
        var error = await Assert.ThrowsAsync<EndpointUnavailableException>(() => endpoint.StartAsync(default));

        Assert.Equal("cannot listen on 192.0.2.1:9464: this machine does not have that address", error.Message);
    }

    [Fact]
    public async Task The_environment_of_web_applications_is_not_obeyed()
    {
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://127.0.0.1:1");
        try
        {
            await using var endpoint = await StartAsync(Shop);
            Assert.NotEqual(1, endpoint.BoundEndPoint.Port);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
        }
    }

    [Fact]
    public async Task A_port_is_free_again_once_the_endpoint_is_disposed()
    {
        var endpoint = await StartAsync(Shop);
        var address = endpoint.BoundEndPoint;
        await endpoint.DisposeAsync();

        using var listener = new TcpListener(address);
        listener.Start();
    }

    private static ValueTask<IReadOnlyList<MetricFamily>> Shop(CancellationToken cancellation) => new(Samples.Shop);

    private static Func<CancellationToken, ValueTask<IReadOnlyList<MetricFamily>>> Hangs(ManualResetEventSlim until) => _ =>
    {
        until.Wait(CancellationToken.None);
        return new(Samples.Shop);
    };

    private static async Task<MetricsEndpoint> StartAsync(
        Func<CancellationToken, ValueTask<IReadOnlyList<MetricFamily>>> collect, TimeSpan? maxCollectTime = null)
    {
        var scrapes = new ScrapeHandler(collect,
            Prometheus.Metrics.NewCustomRegistry()) { MaxCollectTime = maxCollectTime ?? TimeSpan.FromSeconds(5) };
        var endpoint = new MetricsEndpoint(AnyPort, scrapes);
        await endpoint.StartAsync(default);
        return endpoint;
    }

    private async Task SucceedsWithinAsync(TimeSpan time, MetricsEndpoint endpoint)
    {
        var clock = Stopwatch.StartNew();

        while (true)
        {
            using var response = await SendAsync(endpoint, "/metrics");
            if (response.IsSuccessStatusCode) return;
            Assert.True(clock.Elapsed < time, await response.Content.ReadAsStringAsync());
            await Task.Delay(10);
        }
    }

    private static Uri UrlOf(MetricsEndpoint endpoint, string path = "/metrics") => new($"http://{endpoint.BoundEndPoint}{path}");

    private async Task<HttpResponseMessage> SendAsync(
        MetricsEndpoint endpoint, string path, HttpMethod? method = null, string? accept = null, string? acceptEncoding = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, UrlOf(endpoint, path));
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        if (acceptEncoding is not null) request.Headers.TryAddWithoutValidation("Accept-Encoding", acceptEncoding);
        return await _http.SendAsync(request);
    }
}
