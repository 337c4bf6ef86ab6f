using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetProfiler.Telemetry.Tests.Support;

namespace NetProfiler.Telemetry.Tests.Attacks;

/// <summary>Who holds connections to the endpoint keeps out neither probes nor scrapes, not even from the same address.</summary>
public sealed class EndpointAttackTests : IAsyncLifetime
{
    private readonly List<Socket> _attackers = [];
    private readonly MetricsEndpoint _endpoint = new(
        new IPEndPoint(IPAddress.Loopback, 0), _ => new([.. Enumerable.Range(0, 400).Select(i => Large($"family_{i}"))]));

    public Task InitializeAsync() => _endpoint.StartAsync(default);

    public async Task DisposeAsync()
    {
        foreach (var attacker in _attackers) attacker.Dispose();
        await _endpoint.DisposeAsync();
    }

    [Theory]
    [InlineData("")] // connects, and says nothing
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")] // begins a head, and does not end it
    public async Task Connections_that_are_held_keep_out_no_probe(string sent)
    {
        await AttackAsync(connections: 200, sent);
        for (int i = 0; i < 30; i++) Assert.Equal("ok\n", await GetAsync("/healthz"));
    }

    [Fact]
    public async Task A_head_without_an_end_is_given_up_in_seconds()
    {
        await AttackAsync(connections: 1, "GET /healthz HTTP/1.1\r\nHost: x\r\nX: ");
        long started = Stopwatch.GetTimestamp();
        var buffer = new byte[1024];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await _attackers[0].ReceiveAsync(buffer, patience.Token) > 0)
        {
        }

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 15);
    }

    [Fact]
    public async Task Slow_readers_do_not_occupy_all_scrapes()
    {
        await AttackAsync(connections: 60, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        for (int i = 0; i < 5; i++)
        {
            Assert.Contains("family_399_total", await ScrapeAsync(), StringComparison.Ordinal);
            Assert.Equal("ok\n", await GetAsync("/healthz"));
            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }
    }

    // Those of the attackers that are still collected are no slow readers yet.
    private async Task<string> ScrapeAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await GetAsync("/metrics");
            }
            catch (HttpRequestException busy) when (busy.StatusCode == HttpStatusCode.ServiceUnavailable
                && Stopwatch.GetElapsedTime(started).TotalSeconds < 10)
            {
                await Task.Delay(100);
            }
        }
    }

    // A connection of its own, as a probe has.
    private async Task<string> GetAsync(string path)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        return await http.GetStringAsync(new Uri($"http://{_endpoint.BoundEndPoint}{path}"));
    }

    private async Task AttackAsync(int connections, string sent)
    {
        for (int i = 0; i < connections; i++)
        {
            var attacker = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            _attackers.Add(attacker);
            await attacker.ConnectAsync(_endpoint.BoundEndPoint);
            if (sent.Length > 0) await attacker.SendAsync(System.Text.Encoding.ASCII.GetBytes(sent));
        }
    }

    // Some megabytes in all: more than the buffers of a connection hold.
    private static MetricFamily Large(string name) =>
        Samples.Counter(name, new string('h', 100),
            [.. Enumerable.Range(0, 100).Select(i => new CounterSeries(LabelSet.Of(("label", $"{i:d100}")), i))]);
}
