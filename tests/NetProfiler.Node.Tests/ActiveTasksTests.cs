using System.Text;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Replay;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Tests;

/// <summary>Several tasks over the same exchanges, and what becomes of one when another changes.</summary>
public sealed class ActiveTasksTests
{
    private const long Second = 1_000_000_000;
    private long _now = Second;
    private uint _received, _sent;

    [Fact]
    public void A_task_of_proven_exchanges_leaves_assumed_ones_out_and_counts_them()
    {
        var (observer, pipeline) = Start([Plan("any", EndpointRole.Unknown),
            Plan("proven", EndpointRole.Unknown) with { IsProvenOnly = true }], isFromStart: false);
        for (int i = 0; i < 12; i++) Exchange(pipeline, $"/{i}", 200);
        var (any, proven) = (observer.Tasks.All[0], observer.Tasks.All[1]);
        Assert.Equal((4, 0), (any.Exchanges, proven.Exchanges));
        Assert.Equal(4, proven.Tally.Unread - any.Tally.Unread);
        Assert.Equal(0, observer.LeftOut); // one task shows them

        observer.SetTasks([Plan("proven", EndpointRole.Unknown) with { IsProvenOnly = true }]);
        Exchange(pipeline, "/12", 200);
        Assert.Equal(1, observer.LeftOut);
        Assert.Equal(4, observer.Slowest.Snapshot().Length);
        _now += 200_000_000; // a silence proves what follows
        Exchange(pipeline, "/13", 200);
        Exchange(pipeline, "/14", 200);
        Assert.Equal(2, observer.Tasks.All[0].Exchanges);
        Assert.Equal(6, observer.Slowest.Snapshot().Length);
    }

    [Fact]
    public void A_task_that_changes_costs_the_others_nothing()
    {
        ProfilingPlan errors = Plan("errors", EndpointRole.Unknown, when5xx: true),
            missing = Plan("missing", EndpointRole.Unknown, when4xx: true);
        var (observer, pipeline) = Start(errors, missing);
        Exchange(pipeline, "/1", 500);
        Exchange(pipeline, "/2", 404);
        var kept = observer.Tasks.All[0];

        observer.SetTasks([errors, Plan("missing", EndpointRole.Unknown, when4xx: true)]);
        Exchange(pipeline, "/3", 500);
        Exchange(pipeline, "/4", 404);

        Assert.Same(kept, observer.Tasks.All[0]);
        Assert.Equal(["/3", "/1"], kept.ServerErrors.Snapshot().Select(entry => entry.Target));
        Assert.Equal(4, kept.Exchanges);
        Assert.Equal(["/4"], observer.Tasks.All[1].ClientErrors.Snapshot().Select(entry => entry.Target));
        Assert.Equal(2, observer.Tasks.All[1].Exchanges);
        // What the old one counted stays counted.
        Assert.Equal([("errors", 2L), ("missing", 2L)], observer.Tasks.Samples.Select(sample => (sample.Key.Rule, sample.Count)).Order());
    }

    [Fact]
    public void An_exchange_under_way_when_a_task_changes_is_judged_by_the_new_ones()
    {
        var (observer, pipeline) = Start(Plan("errors", EndpointRole.Unknown, when5xx: true));
        Request(pipeline, "/under-way");
        observer.SetTasks([Plan("missing", EndpointRole.Unknown, when4xx: true)]);
        Response(pipeline, 404);
        Assert.Equal(["/under-way"], observer.Tasks.All[0].ClientErrors.Snapshot().Select(entry => entry.Target));
    }

    [Fact]
    public void Exchanges_that_no_task_is_about_are_not_counted()
    {
        var (observer, pipeline) = Start(Plan("clients", EndpointRole.Client, when5xx: true));
        Exchange(pipeline, "/1", 500);
        Assert.Equal(0, observer.Tasks.All[0].Exchanges);
        Assert.Empty(observer.Metrics.Series);

        observer.SetTasks([Plan("clients", EndpointRole.Client, when5xx: true), Plan("servers", EndpointRole.Server, when5xx: true)]);
        Exchange(pipeline, "/2", 500);
        Assert.Equal([0L, 1L], new[] { observer.Tasks.All[0].Exchanges, observer.Tasks.All[1].Exchanges });
        Assert.Equal("servers", Assert.Single(observer.Metrics.Series).Rule);
    }

    [Fact]
    public void Each_ends_at_its_own_deadline_and_keeps_what_it_found()
    {
        var brief = Plan("brief", EndpointRole.Unknown, when5xx: true) with { Deadline = TimeSpan.FromSeconds(10) };
        var lasting = Plan("lasting", EndpointRole.Unknown, when5xx: true) with { Deadline = TimeSpan.FromSeconds(30) };
        var (observer, pipeline) = Start(brief, lasting);
        observer.OnSecond(_now, 0);
        Exchange(pipeline, "/1", 500);
        observer.OnSecond(_now + 9 * Second, 0);
        Assert.Equal(2, observer.Tasks.All.Length);
        observer.OnSecond(_now + 10 * Second, 0);
        Exchange(pipeline, "/2", 500);

        Assert.Equal(lasting, Assert.Single(observer.Tasks.All.ToArray()).Plan);
        Assert.Equal([("brief", 1L), ("lasting", 2L)], observer.Tasks.Samples.Select(sample => (sample.Key.Rule, sample.Count)).Order());
    }

    [Theory]
    [InlineData(nameof(EndpointRole.Unknown), true, nameof(EndpointRole.Client))]
    [InlineData(nameof(EndpointRole.Server), true, nameof(EndpointRole.Server))]
    [InlineData(nameof(EndpointRole.Server), false, nameof(EndpointRole.Unknown))]
    public void A_replay_has_no_deadline_and_the_role_that_was_asked_for(string asked, bool isRecording, string role)
    {
        var plan = Plan("errors", EndpointRole.Client, when5xx: true) with { Deadline = TimeSpan.FromSeconds(600) };
        var report = new ReportSettings([plan], default, OutputMode.None, PrintMode.Samples, SampleSettings.Nowhere);
        var replayed = new ReplaySettings("file", Enum.Parse<EndpointRole>(asked), [], report).PlanOf(plan, isRecording);
        Assert.Null(replayed.Deadline);
        Assert.Equal(role, replayed.Role.ToString());
    }

    [Fact]
    public void Nothing_is_held_for_a_task_that_wants_no_content()
    {
        var tasks = new ActiveTasks([Plan("errors", EndpointRole.Unknown, when5xx: true)]);
        Assert.Equal((0, 0), (tasks.Holding!.MaxRequestBodyBytes, tasks.Holding.MaxResponseBodyBytes));
        tasks.Set([]);
        Assert.Null(tasks.Holding);
        tasks.Set([ProfilingPlan.Default]);
        Assert.True(tasks.Holding!.MaxResponseBodyBytes > 0);
    }

    [Fact]
    public void What_is_assumed_and_refuted_later_is_counted_for_the_tasks_it_concerns()
    {
        var (observer, pipeline) = Start([Plan("servers", EndpointRole.Server), Plan("clients", EndpointRole.Client)], isFromStart: false);
        for (int i = 0; i < 12; i++) Exchange(pipeline, $"/{i}", 200);
        Assert.Equal((4, 4, 0), CountsOf(observer.Tasks.All[0]));

        Response(pipeline, 500); // one too many
        Assert.Equal((4, 4, 4), CountsOf(observer.Tasks.All[0]));
        Assert.Equal((0, 0, 0), CountsOf(observer.Tasks.All[1]));
        Assert.Equal(4, pipeline.Statistics.ExchangesRefuted);
    }

    private static ProfilingPlan Plan(string name, EndpointRole role, bool when4xx = false, bool when5xx = false) =>
        new(new RuleSet([new SamplingRule(name, null, null, when4xx, when5xx)]), role, ExchangeMetrics.DefaultMaxSeries, 10,
            null) { Task = name };

    private static (long Exchanges, long Assumed, long Refuted) CountsOf(ActiveTask task) =>
        (task.Tally.Exchanges, task.Tally.Assumed, task.Tally.Refuted);

    private static (ExchangeObserver, ExchangePipeline) Start(params ProfilingPlan[] plans) => Start(plans, isFromStart: true);

    private static (ExchangeObserver, ExchangePipeline) Start(ProfilingPlan[] plans, bool isFromStart)
    {
        var observer = new ExchangeObserver(
            new ReportSettings(plans, default, OutputMode.None, PrintMode.Samples, SampleSettings.Nowhere), printer: null, outlets: null);
        var pipeline = new ExchangePipeline(observer, NoKernel.Instance, new CaptureStatistics());
        observer.Observe(pipeline);
        pipeline.OnOpen(new SocketOpen
        {
            Connection = 1, ProcessId = 1, ProcessName = "server"u8, FromStart = isFromStart,
            Local = EndpointAddress.IPv4([127, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([127, 0, 0, 1], 40_000),
        });
        return (observer, pipeline);
    }

    private void Exchange(ExchangePipeline pipeline, string target, int status)
    {
        Request(pipeline, target);
        Response(pipeline, status);
    }

    private void Request(ExchangePipeline pipeline, string target) =>
        Transfer(pipeline, Direction.Ingress, SocketCall.Read, ref _received, $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");

    private void Response(ExchangePipeline pipeline, int status) =>
        Transfer(pipeline, Direction.Egress, SocketCall.Write, ref _sent, $"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n");

    private void Transfer(ExchangePipeline pipeline, Direction direction, SocketCall call, ref uint position, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        _now += 1_000;
        uint opposite = direction == Direction.Ingress ? _sent : _received;
        pipeline.OnData(new SocketData
        {
            Connection = 1, Direction = direction, Call = call, Uncaptured = Uncaptured.None, ProcessId = 1, TimeNanoseconds = _now,
            StartNanoseconds = _now - 1,
            Position = position, Length = (uint)bytes.Length, Offset = 0, Bytes = bytes,
            ArrivedNanoseconds = direction == Direction.Ingress ? _now - 1 : 0,
            ArrivedLength = direction == Direction.Ingress ? (uint)bytes.Length : 0,
            HasOpposite = true, OppositeTaken = opposite, OppositeThere = opposite,
        });
        position += (uint)bytes.Length;
    }
}
