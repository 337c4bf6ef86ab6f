using System.Buffers;
using System.Text;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Tasks;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Tests;

/// <summary>However many clients there are: a scrape stays small, and a failure keeps its status.</summary>
public sealed class ScrapeSizeTests
{
    private const int Clients = 100_000;
    private const int MaxBytes = 5 * 1000 * 1000;

    [Theory]
    [InlineData("server", false)]
    [InlineData("client", false)] // each request to another address
    [InlineData("client", true)] // each request for another server, of a long name, by one proxy
    public void A_hundred_thousand_clients_fit_a_scrape_and_hide_no_failure(string role, bool isProxied)
    {
        var observer = new ExchangeObserver([ProfilingPlan.Default], ExchangeMetrics.DefaultMaxSeries, 10, printer: null, outlets: null);
        var pipeline = new ExchangePipeline(observer, NoKernel.Instance, new CaptureStatistics());
        observer.Observe(pipeline);
        if (isProxied)
            pipeline.OnOwner(new SocketOwner { NetworkNamespace = 0, ProcessId = 2, ProcessName = "proxy"u8, Local = Proxy,
                Remote = null });
        if (isProxied) pipeline.OnHost(0, Proxy);
        for (int i = 0; i < Clients; i++) Visit(pipeline, i, role == "client", isProxied, i % 100 == 0 ? 500 : i % 10 == 0 ? 404 : 200);
        Assert.Equal(Clients, pipeline.Statistics.Exchanges);

        var output = new ArrayBufferWriter<byte>();
        ExpositionWriter.Write(new ProfilerMetrics(observer,
            new ProfilerCounters(SelfMetrics.CreateRegistry(), new NoCounters(), pipeline, observer)).Collect(),
            ExpositionFormat.PrometheusText, output);
        Assert.InRange(output.WrittenCount, 1, MaxBytes);

        string[] counts = [.. Encoding.UTF8.GetString(output.WrittenSpan).Split('\n')
            .Where(line => line.StartsWith($"http_{role}_request_duration_seconds_count{{", StringComparison.Ordinal))];
        Assert.Equal(Clients / 100, Sum("500"));
        Assert.Equal(Clients / 10 - Clients / 100, Sum("404"));
        Assert.Equal(Clients, Sum("500") + Sum("404") + Sum("200"));
        string folded = isProxied ? "peer=\"proxy\",peer_kind=\"process\"" : "peer=\"other\",peer_kind=\"external\"";
        Assert.Contains(counts, line => line.Contains(folded, StringComparison.Ordinal));
        if (role == "client")
            Assert.Equal(3, counts.Count(line => line.Contains(folded, StringComparison.Ordinal)
                && line.Contains("server_address=\"other\"", StringComparison.Ordinal)));

        long Sum(string status) => counts.Where(line => line.Contains($"http_response_status_code=\"{status}\"", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.AsSpan(line.LastIndexOf(' ') + 1)));
    }

    private static readonly EndpointAddress Proxy = EndpointAddress.IPv4([10, 0, 0, 2], 3128);

    private static void Visit(ExchangePipeline pipeline, int client, bool isClient, bool isProxied, int status)
    {
        ulong connection = (ulong)client + 1;
        long now = 1_000_000_000 + (client * 1_000L);
        pipeline.OnOpen(new SocketOpen
        {
            Connection = connection, ProcessId = 1, ProcessName = "server"u8, FromStart = true,
            Local = EndpointAddress.IPv4([10, 0, 0, 1], 80),
            Remote = isProxied ? Proxy : EndpointAddress.IPv4([11, (byte)(client >> 16), (byte)(client >> 8), (byte)client], 40_000),
        });
        string host = isProxied ? $"{client}.{new string('a', ServerAddresses.MaxNameBytes - 10)}" : $"h{client}";
        var (requests, responses) = isClient ? (Direction.Egress, Direction.Ingress) : (Direction.Ingress, Direction.Egress);
        Transfer(requests, isClient ? SocketCall.Write : SocketCall.Read, now, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Transfer(responses, isClient ? SocketCall.Read : SocketCall.Write, now + 500, $"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n");
        pipeline.OnClose(new SocketClose(connection, now + 900, IsHeld: false, ConnectionEnd.Fin));
        pipeline.Advance(now + 900);

        void Transfer(Direction direction, SocketCall call, long time, string text)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            pipeline.OnData(new SocketData
            {
                Connection = connection, Direction = direction, Call = call, Uncaptured = Uncaptured.None, ProcessId = 1,
                TimeNanoseconds = time, StartNanoseconds = time - 1,
                Position = 0, Length = (uint)bytes.Length, Offset = 0, Bytes = bytes,
            });
        }
    }

    private sealed class NoCounters : ICaptureCounters
    {
        public long Read(Counter counter) => 0;
    }
}
