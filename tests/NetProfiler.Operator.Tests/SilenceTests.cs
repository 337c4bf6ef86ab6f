using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>An agent that captures and is not heard of any more: who is named, after how long, and what the task says.</summary>
public sealed class SilenceTests
{
    private readonly ManualTime _time = new();
    private readonly FakeCluster _cluster;
    private readonly AgentSightings _agents;
    private DateTimeOffset _seesSince = DateTimeOffset.MinValue;

    public SilenceTests()
    {
        _cluster = new(_time);
        _agents = new(new FakeLister<NodeProfilingConfig>(_cluster), () => _seesSince, _time);
    }

    [Fact]
    public void Who_renews_no_heartbeat_for_35_seconds_is_silent_until_the_next()
    {
        Beat("a");
        _time.Advance(34);
        Assert.Empty(_agents.Sweep());
        _time.Advance(1);
        Assert.Equal("a", Assert.Single(_agents.Sweep()).Metadata.Name);
        Assert.True(_agents.IsSilent("a"));
        Assert.Empty(_agents.Sweep()); // told once

        Beat("a");
        Assert.Equal("a", Assert.Single(_agents.Sweep()).Metadata.Name);
        Assert.False(_agents.IsSilent("a"));
    }

    [Fact]
    public void A_nodes_clock_that_is_wrong_changes_nothing()
    {
        Beat("a", ahead: TimeSpan.FromDays(-1));
        Assert.Empty(_agents.Sweep());
        Beat("b", ahead: TimeSpan.FromDays(1));
        _time.Advance(35);
        Assert.Equal(["a", "b"], _agents.Sweep().Select(config => config.Metadata.Name));
    }

    [Fact]
    public void Where_nodes_report_seldom_patience_is_longer()
    {
        Beat("a", period: 100);
        _time.Advance(249);
        Assert.Empty(_agents.Sweep());
        _time.Advance(1);
        Assert.Single(_agents.Sweep());
    }

    [Fact]
    public void Nobody_is_silent_who_has_nothing_to_capture_or_never_had_a_heartbeat()
    {
        Beat("idle", hasTargets: false);
        var early = _cluster.Put(Config("early", heartbeat: null));
        _agents.OnConfig(new(null, early));
        _time.Advance(1000);
        Assert.Empty(_agents.Sweep());
    }

    [Fact]
    public void What_the_operator_could_not_see_does_not_count()
    {
        Beat("a");
        _time.Advance(100);
        _seesSince = _time.GetUtcNow(); // its own connection was gone meanwhile
        Assert.Empty(_agents.Sweep());
        _time.Advance(34);
        Assert.Empty(_agents.Sweep());
        _time.Advance(1);
        Assert.Single(_agents.Sweep());
    }

    [Fact]
    public void A_configuration_that_is_gone_is_forgotten()
    {
        var config = Beat("a");
        _time.Advance(35);
        Assert.Single(_agents.Sweep());
        _cluster.Remove<NodeProfilingConfig>(OperatorRun.Namespace, "a");
        _agents.OnConfig(new(config, null));
        Assert.False(_agents.IsSilent("a"));
        Assert.Empty(_agents.Sweep());
    }

    [Fact]
    public async Task The_task_names_the_node_counts_it_as_unreachable_and_recovers()
    {
        var events = new CollectedEvents();
        var run = new OperatorRun(_cluster, _time, events, agents: _agents);
        _cluster.Put(Make.Node("a"));
        _cluster.Put(Make.Node("b"));
        _cluster.Put(Make.Pod("cart-1", "a"));
        _cluster.Put(Make.Pod("cart-2", "b"));
        _cluster.Put(Make.Task());
        await run.SettleAsync();
        new Agents(_cluster, _time).Work(10);
        BeatAgain("a");
        BeatAgain("b");
        await run.SettleAsync();
        Assert.Equal((2, 0), Nodes());

        _time.Advance(35);
        BeatAgain("b");
        Assert.Equal("a", Assert.Single(_agents.Sweep()).Metadata.Name);
        await run.SettleAsync();
        Assert.Equal((1, 1), Nodes());
        var degraded = Conditions.Find(Status.Conditions, "Degraded")!;
        Assert.Equal(("True", "NodesUnreachable", "1 node (a) did not report"), (degraded.Status, degraded.Reason, degraded.Message));
        var failure = Assert.Single(Status.NodeFailures!);
        Assert.Equal(("a", "AgentNotReady", "the agent has not reported for 35 s: check that it is running"),
            (failure.NodeName, failure.Reason, failure.Message));
        Assert.Equal(20, Status.Summary!.Requests); // what it said before stands
        Assert.Equal("Warning Capture NodesUnreachable", events.Told[^1]);

        BeatAgain("a");
        Assert.Single(_agents.Sweep());
        await run.SettleAsync();
        Assert.Equal((2, 0), Nodes());
        Assert.Equal("False", Conditions.Find(Status.Conditions, "Degraded")!.Status);
    }

    private NetworkProfilingTaskStatus Status => _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Status!;

    private (int Capturing, int Unreachable) Nodes() => (Status.Nodes!.Capturing, Status.Nodes.Unreachable);

    private NodeProfilingConfig Beat(string node, TimeSpan ahead = default, int period = 10, bool hasTargets = true)
    {
        var old = _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, node);
        var config = _cluster.Put(Config(node, _time.GetUtcNow() + ahead, period, hasTargets));
        _agents.OnConfig(new(old, config));
        return config;
    }

    private void BeatAgain(string node)
    {
        var old = _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, node)!;
        _agents.OnConfig(new(old, _cluster.Put(old with { Status = old.Status! with { HeartbeatTime = _time.GetUtcNow() } })));
    }

    private static NodeProfilingConfig Config(string node, DateTimeOffset? heartbeat, int period = 10, bool hasTargets = true) => new()
    {
        Metadata = new() { Name = node, NamespaceProperty = OperatorRun.Namespace },
        Spec = new()
        {
            Reporting = new() { PeriodSeconds = period },
            Tasks = [new() { Uid = "uid", Namespace = Make.Shop, Name = "cart-slow",
                Targets = hasTargets ? [new() { ContainerId = "containerd://1" }] : [] }],
        },
        Status = new() { HeartbeatTime = heartbeat },
    };
}
