using System.Text;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Node.Cluster;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Node.Topology;

namespace NetProfiler.Node.Tests;

/// <summary>
/// What a rule with <c>count: false</c> keeps out, and where it is counted all the same; and the request fields that a task copies.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class ExclusionTests
{
    private const string Quiet = """
        apiVersion: netprofiler.dev/v1alpha1
        kind: NetworkProfilingTask
        metadata: {name: quiet}
        spec:
          sampling:
            requestHeaders: [x-request-id, authorization]
            rules:
            - {name: health, uriRegex: ^/small$, count: false}
            - {name: scrape, uriRegex: ^/f0$, count: false}
            - {name: all, when4xx: true, when5xx: true}
        """;

    private readonly ExchangePipeline _pipeline;
    private readonly ExchangeObserver _observer;
    private long _now = 1_000_000_000;
    private uint _received, _sent;

    public ExclusionTests()
    {
        _observer = new ExchangeObserver([Plan("one", "^/health"), Plan("two", "^/health|^/metrics")], ExchangeMetrics.DefaultMaxSeries, 10,
            printer: null, outlets: null) { Edges = new Edges() };
        _pipeline = new ExchangePipeline(_observer, NoKernel.Instance, new CaptureStatistics());
        _observer.Observe(_pipeline);
        _pipeline.OnOpen(new SocketOpen
        {
            Connection = 1, ProcessId = 1, ProcessName = "server"u8, FromStart = true, Role = EndpointRole.Server,
            Local = EndpointAddress.IPv4([10, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([10, 0, 0, 2], 40_000),
        });
    }

    [Fact]
    public void Excluded_requests_are_in_no_metric_and_no_list_and_counted_by_rule_and_task()
    {
        for (int i = 0; i < 5; i++) Exchange("/health", 200);
        for (int i = 0; i < 3; i++) Exchange("/metrics", 500);
        Exchange("/cart", 500);

        // One task counts /metrics, and so it is shown; /health no task counts.
        Assert.Equal([("quiet", 5L)], _observer.Excluded.ByRule);
        Assert.Equal(4, Sum(_observer.Metrics.Series));
        Assert.Equal(4, _observer.Overview.Snapshot().Sum(row => row.Latency.Count));
        Assert.Equal(4, _observer.Failed.Snapshot().Length);
        Assert.Equal(4, _observer.Edges!.Snapshot().Sum(edge => edge.Requests));
        Assert.Equal(9, _pipeline.Statistics.Exchanges);

        var (one, two) = (TaskSnapshot.Of(_observer.Tasks.All[0]).Counts, TaskSnapshot.Of(_observer.Tasks.All[1]).Counts);
        Assert.Equal((4, 4, 5), (one.Requests, one.Responses5xx, one.Excluded!.Single().Requests));
        Assert.Equal((1, 1, 8), (two.Requests, two.Responses5xx, two.Excluded!.Single().Requests));
        Assert.Equal(1, _observer.Tasks.All[1].Edges.Snapshot().Sum(edge => edge.Requests));
        Assert.Equal(["/cart"], _observer.Tasks.All[1].ServerErrors.Snapshot().Select(entry => entry.Target));
    }

    [Fact]
    public void An_excluded_request_is_never_in_flight_and_one_that_is_cut_short_is_excluded_too()
    {
        Move(Direction.Ingress, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", ref _received);
        Assert.Empty(_observer.Active.Series);
        Move(Direction.Ingress, "GET /cart HTTP/1.1\r\nHost: a\r\n\r\n", ref _received);
        Assert.Equal(1, Assert.Single(_observer.Active.Series).Requests.Count);
        Assert.Equal(1, _observer.Overview.Snapshot().Single().InFlight);
        _pipeline.OnClose(new SocketClose(1, _now, IsHeld: false, ConnectionEnd.PeerFin));
        _pipeline.Finish();
        Assert.Equal(0, Assert.Single(_observer.Active.Series).Requests.Count);
        Assert.Equal([("quiet", 1L)], _observer.Excluded.ByRule);
        Assert.Equal(1, _observer.Unfinished.All.Sum(one => one.Value.Count));

        // The topology counts what is not excluded.
        var calls = Analysis.Metrics.Topology.Of(_observer.Edges!.Snapshot());
        Assert.Equal((0, 1), (calls.Single().AtServer!.Requests, calls.Single().AtServer!.Unfinished));
        Assert.EndsWith("  n0 -->|\"0 calls<br>1 not finished\"| n1\n", TopologyWriter.Write(TopologyFormat.Mermaid, calls),
            StringComparison.Ordinal);
        Assert.Contains("\"unfinished\": 1", TopologyWriter.Write(TopologyFormat.Json, calls), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_run_tells_what_its_task_excludes_and_copies_the_fields_that_it_names()
    {
        Live.Require("nginx");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("task.yaml"), Quiet);
        int metrics = FreePort.Take();
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "-f", folder.File("task.yaml"), "--metrics-listen",
            $"127.0.0.1:{metrics}");
        using (var client = await RawClient.ConnectAsync(nginx.Address))
        {
            for (int i = 0; i < 20; i++) await client.SendAsync(RawRequest.Get("/small"));
            for (int i = 0; i < 4; i++) await client.SendAsync(RawRequest.Get("/f0"));
            for (int i = 0; i < 3; i++)
                await client.SendAsync(RawRequest.Get("/missing", fields: $"X-Request-ID: id-{i}\r\nAuthorization: Bearer geheim-{i}\r\n"));
        }

        await Task.Delay(200);
        var scraped = await Scraped.OfAsync(metrics);
        Assert.Equal((20, 4), (scraped.Sum("netprofiler_excluded_requests_total", "rule=\"health\""),
            scraped.Sum("netprofiler_excluded_requests_total", "rule=\"scrape\"")));
        Assert.Equal(3, scraped.Sum("http_server_request_duration_seconds_count"));
        await nginx.QuitAsync();
        var run = await agent.StopAsync();
        Assert.Equal(["id-0", "id-1", "id-2"], run.Exchanges.Select(seen => seen.RequestHeaders!["x-request-id"]));
        Assert.All(run.Exchanges, seen => Assert.Equal(["x-request-id", "authorization"], seen.RequestHeaders!.Keys));
        Assert.All(run.Exchanges, seen => Assert.Equal("Bearer [masked:8-15]", seen.RequestHeaders!["authorization"]));
        Assert.StartsWith("netprofiler: 3 exchanges in ", run.Summary[run.Summary.IndexOf("netprofiler: 3", StringComparison.Ordinal)..],
            StringComparison.Ordinal);
        run.AssertNothingLost();
        Assert.Equal((20, 4), (run.Counted("requests excluded by rule health"), run.Counted("requests excluded by rule scrape")));
    }

    private static ProfilingPlan Plan(string name, string excluded) =>
        new(new RuleSet([new SamplingRule("quiet", new(excluded), null, false, false) { IsCounted = false }, SamplingRule.Default]),
            EndpointRole.Unknown, ExchangeMetrics.DefaultMaxSeries, 10, null) { Task = name };

    private static long Sum(IEnumerable<ExchangeSeries> all) => all.Sum(series => (long)series.Duration.Counts.ToArray().Sum());

    private void Exchange(string target, int status)
    {
        Move(Direction.Ingress, $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n", ref _received);
        Move(Direction.Egress, $"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n", ref _sent);
    }

    private void Move(Direction direction, string text, ref uint position)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        _pipeline.OnData(new SocketData
        {
            Connection = 1, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
            TimeNanoseconds = _now += 1000, StartNanoseconds = _now - 1, Position = position, Length = (uint)bytes.Length, Offset = 0,
            Bytes = bytes,
        });
        position += (uint)bytes.Length;
    }
}
