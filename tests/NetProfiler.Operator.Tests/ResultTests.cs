using System.Text.Json;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Operator.Results;

namespace NetProfiler.Operator.Tests;

public class ResultTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_order_of_the_nodes_does_not_matter()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var reports = Enumerable.Range(0, random.Next(1, 12)).Select(i => AnyReport(random, $"node-{i}")).ToArray();
            var expected = Json(reports, topN: 5);
            for (int shuffle = 0; shuffle < 5; shuffle++)
            {
                random.Shuffle(reports);
                Assert.Equal(expected, Json(reports, topN: 5));
            }
        }
    }

    [Fact]
    public void Counts_are_sums_and_quantiles_are_those_of_all_durations()
    {
        var all = new LatencySketch();
        List<NodeReport> reports = [];
        foreach (int node in new[] { 1, 2, 3 })
        {
            var sketch = new LatencySketch();
            for (int i = 0; i < 100 * node; i++)
            {
                sketch.Add(node * 1_000_000L);
                all.Add(node * 1_000_000L);
            }

            reports.Add(new($"node-{node}", Report(sketch)
                with { Counts = new() { Requests = 100 * node, Responses5xx = node, ResponseBytes = 7 } }));
        }

        var summary = TaskResults.Of(reports, 10).Summary!;
        Assert.Equal((600, 6, 21), (summary.Requests, summary.Responses5xx, summary.ResponseBytes));
        Assert.Equal(new TaskDurations
        {
            P50 = all.Quantile(0.5) / 1000, P90 = all.Quantile(0.9) / 1000, P99 = all.Quantile(0.99) / 1000, Max = 3000,
        }, summary.DurationMicroseconds);
    }

    [Fact]
    public void Excluded_requests_are_summed_by_rule_and_those_of_the_most_stay_within_the_bound()
    {
        NodeReport[] reports =
        [
            new("node-1", Report()
                with { Counts = new() { Excluded = [new() { Rule = "health", Requests = 5 }, new() { Rule = "scrape", Requests = 1 }] } }),
            new("node-2", Report() with { Counts = new() { Excluded = [new() { Rule = "health", Requests = 7 }] } }),
            new("node-3", Report()),
        ];
        Assert.Equal([("health", 12L), ("scrape", 1L)],
            TaskResults.Of(reports, 10).Summary!.Excluded!.Select(one => (one.Rule, one.Requests)));
        Assert.Null(TaskResults.Of(reports[2..], 10).Summary!.Excluded);

        // Rules that changed: an agent continues from a report with other names.
        var many = Enumerable.Range(0, 20).Select(i => new TaskExclusion { Rule = $"r{i:00}", Requests = i }).ToArray();
        var sum = Counts.Sum(new TaskCounts { Excluded = many }, new TaskCounts());
        Assert.Equal(Enumerable.Range(4, TaskLimits.MaxRules).Select(i => $"r{i:00}"), sum.Excluded!.Select(one => one.Rule));
    }

    [Fact]
    public void The_slowest_of_all_nodes_are_exactly_those_of_one_list_of_everything()
    {
        var random = new Random(5);
        var traces = Enumerable.Range(0, 200)
            .Select(i => Trace($"s{i:000}", random.Next(20), random.Next(20)) with { NodeName = $"node-{i % 7}" }).ToList();
        var reports = traces.GroupBy(trace => trace.NodeName!).Select(node => new NodeReport(node.Key, Report() with
        {
            TopTraces = new() { Slow = Slowest(node), ServerErrors = Latest(node) },
        })).ToList();

        var merged = TaskResults.Of(reports, 10).TopTraces!;
        Assert.Equal(Slowest(traces), merged.Slow);
        Assert.Equal(Latest(traces), merged.ServerErrors);

        static IReadOnlyList<TaskTopTrace> Slowest(IEnumerable<TaskTopTrace> from) =>
            [.. from.OrderByDescending(trace => trace.DurationMicroseconds).ThenBy(trace => trace.Time)
                .ThenBy(trace => trace.SampleId).Take(10)];

        static IReadOnlyList<TaskTopTrace> Latest(IEnumerable<TaskTopTrace> from) =>
            [.. from.OrderByDescending(trace => trace.Time).ThenBy(trace => trace.SampleId).Take(10)];
    }

    [Fact]
    public void An_agent_speaks_for_its_own_node_alone()
    {
        var lie = Report() with { TopTraces = new() { Slow = [Trace("s", 1, 1) with { NodeName = "another" }] } };
        Assert.Equal("a", TaskResults.Of([new("a", lie)], 10).TopTraces!.Slow.Single().NodeName);
    }

    [Fact]
    public void The_edges_of_all_nodes_are_one_where_they_join_the_same_ends()
    {
        var edge = new NodePeer
        {
            Role = TaskPeerRole.Server,
            Local = new() { Kind = TaskPeerKind.Workload, Namespace = "shop", Name = "Deployment/cart" },
            Remote = new() { Kind = TaskPeerKind.External, Name = "10.0.0.1" },
            Requests = 3, Errors = 1, Retransmissions = 2, RoundTripMicroseconds = 100,
            DurationSketch = Encoded(SketchOf(2_000_000)),
        };
        var other = edge with { Requests = 4, RoundTripMicroseconds = null, DurationSketch = Encoded(SketchOf(8_000_000)) };
        var third = edge with { Role = TaskPeerRole.Client, Requests = 9 };

        var peers = TaskResults.Of([new("a", Report() with { Peers = [edge, third] }), new("b", Report() with { Peers = [other] })],
            10).Peers!;
        Assert.Equal([(TaskPeerRole.Client, 9L), (TaskPeerRole.Server, 7L)], peers.Select(peer => (peer.Role, peer.Requests)));
        Assert.Equal((2L, 4L, 100L), (peers[1].Errors, peers[1].Retransmissions, peers[1].RoundTripMicroseconds));
        Assert.InRange(peers[1].P99Microseconds, 8000, 9000);
    }

    [Fact]
    public void What_an_agent_makes_up_breaks_nothing()
    {
        var lies = Report() with
        {
            Counts = new() { Requests = long.MaxValue, Responses2xx = -5 },
            DurationSketch = "not base64!",
        };
        var summary = TaskResults.Of([new("a", lies), new("b", lies)], 10).Summary!;
        Assert.Equal((long.MaxValue, 0L), (summary.Requests, summary.Responses2xx));
        Assert.Null(summary.DurationMicroseconds);
        Assert.Null(DurationSketch.Decode(Convert.ToBase64String(new byte[5000])));
    }

    [Fact]
    public void Before_the_first_result_there_is_none() =>
        Assert.Equal(new TaskResults(), TaskResults.Of([new("a", new() { State = NodeTaskState.Attaching })], 10));

    [Fact]
    public void More_edges_than_the_bound_are_left_out_and_told()
    {
        var edges = Enumerable.Range(0, PeerMerge.MaxPeers + 5)
            .Select(i => new NodePeer { Requests = i, Remote = new() { Name = $"{i}" } });
        var results = TaskResults.Of([new("a", Report() with { Peers = [.. edges] })], 10);
        Assert.Equal(PeerMerge.MaxPeers, results.Peers!.Count);
        Assert.Equal(5, results.Peers.Min(peer => peer.Requests));
        Assert.True(results.Truncated);
    }

    [Theory]
    [InlineData(256, 100)]
    [InlineData(60, 100)]
    [InlineData(256, 0)]
    public void A_status_over_its_bound_is_cut_always_at_the_same_place_and_no_shorter_than_need_be(int uriLength, int peers)
    {
        TaskTopTrace[] traces = [.. Enumerable.Range(0, 50)
            .Select(i => Trace($"sample-{i}", i, i) with { Uri = new string('é', uriLength) })];
        var status = new NetworkProfilingTaskStatus
        {
            TopTraces = new() { Slow = traces, ClientErrors = traces, ServerErrors = traces[..10] },
            Peers = [.. Enumerable.Range(0, peers)
                .Select(i => new TaskPeer { Remote = new() { Name = new string('n', 253) }, Requests = i })],
        };
        Assert.True(StatusSize.Serialize(status).Length > StatusSize.MaxTaskBytes);

        var bound = StatusSize.Bound(status);
        int length = StatusSize.Serialize(bound).Length;
        Assert.InRange(length, StatusSize.MaxTaskBytes - 2500, StatusSize.MaxTaskBytes);
        Assert.True(bound.Truncated);
        Assert.Equal(StatusSize.Serialize(bound), StatusSize.Serialize(StatusSize.Bound(status)));
        // The first ones stay, of each list as many, as far as there are.
        Assert.Equal(status.TopTraces.Slow.Take(bound.TopTraces!.Slow.Count), bound.TopTraces.Slow);
        Assert.InRange(bound.TopTraces.Slow.Count - bound.TopTraces.ClientErrors.Count, 0, 1);
        Assert.InRange(int.Min(10, bound.TopTraces.ClientErrors.Count) - bound.TopTraces.ServerErrors.Count, 0, 1);
    }

    [Fact]
    public void A_status_within_its_bound_stays_as_it_is()
    {
        var status = new NetworkProfilingTaskStatus { TopTraces = new() { Slow = [Trace("s", 1, 1)] } };
        Assert.Same(status, StatusSize.Bound(status));
    }

    [Fact]
    public void Reports_of_five_thousand_nodes_are_one_within_the_bound_whatever_their_order()
    {
        var random = new Random(11);
        var reports = Enumerable.Range(0, 5000).Select(i => AnyReport(random, $"node-{i}")).ToArray();
        var slow = Enumerable.Range(0, 50_000)
            .Select(i => Trace($"t{i:00000}", random.Next(100_000), random.Next(600)) with { NodeName = $"node-{i % 5000}" }).ToList();
        for (int i = 0; i < reports.Length; i++)
        {
            var own = slow.Where((_, at) => at % 5000 == i).OrderByDescending(trace => trace.DurationMicroseconds);
            reports[i] = reports[i] with { Task = reports[i].Task with { TopTraces = new() { Slow = [.. own] } } };
        }

        var results = TaskResults.Of(reports, topN: 10);
        Assert.Equal(reports.Sum(report => report.Task.Counts.Requests), results.Summary!.Requests);
        Assert.Equal(
            slow.OrderByDescending(trace => trace.DurationMicroseconds).ThenByDescending(trace => trace.Time)
                .ThenBy(trace => trace.SampleId, StringComparer.Ordinal)
                .Take(10).Select(trace => trace.DurationMicroseconds),
            results.TopTraces!.Slow.Select(trace => trace.DurationMicroseconds));
        string expected = Json(reports, topN: 10);
        random.Shuffle(reports);
        Assert.Equal(expected, Json(reports, topN: 10));
        Assert.InRange(expected.Length, 1, StatusSize.MaxTaskBytes);
    }

    private static string Json(IReadOnlyList<NodeReport> reports, int topN)
    {
        var results = TaskResults.Of(reports, topN);
        return JsonSerializer.Serialize(
            new NetworkProfilingTaskStatus { Summary = results.Summary, TopTraces = results.TopTraces, Peers = results.Peers,
                ResultsTime = results.ResultsTime },
            ApiJson.Default.NetworkProfilingTaskStatus);
    }

    private static NodeReport AnyReport(Random random, string node)
    {
        var sketch = SketchOf([.. Enumerable.Range(0, random.Next(50)).Select(_ => random.NextInt64(1L << random.Next(10, 40)))]);
        return new(node, Report() with
        {
            Counts = new()
            {
                Requests = random.Next(1000), Responses4xx = random.Next(10), DroppedEvents = random.Next(3),
                Excluded = random.Next(2) == 0 ? null
                    : [.. Enumerable.Range(0, random.Next(4))
                    .Select(i => new TaskExclusion { Rule = $"rule-{i}", Requests = random.Next(9) })],
            },
            // Of different resolutions.
            DurationSketch = Convert.ToBase64String(sketch.Encode(random.Next(30, LatencySketch.MaxEncodedBytes))),
            TopTraces = new() { Slow = Traces(), ClientErrors = Traces(), ServerErrors = Traces() },
            Peers =
            [
                .. Enumerable.Range(0, random.Next(5)).Select(i => new NodePeer
                {
                    Remote = new() { Name = $"peer-{random.Next(5)}" },
                    Requests = random.Next(4),
                    DurationSketch = Convert.ToBase64String(sketch.Encode(random.Next(30, LatencySketch.CoarseEncodedBytes))),
                    RoundTripMicroseconds = random.Next(3) == 0 ? null : random.Next(100),
                }),
            ],
            ResultsTime = Noon.AddSeconds(random.Next(5)),
        });

        // Few values, so that much is equal.
        IReadOnlyList<TaskTopTrace> Traces() =>
            [.. Enumerable.Range(0, 5).Select(_ => Trace($"s{random.Next(10)}", random.Next(3), random.Next(3)))];
    }

    private static NodeTaskStatus Report(LatencySketch? sketch = null) =>
        new() { ResultsTime = Noon, DurationSketch = sketch is null ? null : Convert.ToBase64String(sketch.Encode()) };

    private static string Encoded(LatencySketch sketch) => Convert.ToBase64String(sketch.Encode(LatencySketch.CoarseEncodedBytes));

    private static LatencySketch SketchOf(params long[] durations)
    {
        var sketch = new LatencySketch();
        foreach (long duration in durations) sketch.Add(duration);
        return sketch;
    }

    private static TaskTopTrace Trace(string id, int milliseconds, int second) =>
        new() { SampleId = id, DurationMicroseconds = milliseconds * 1000, Time = Noon.AddSeconds(second), Rule = "all", Method = "GET",
            Uri = "/" };
}
