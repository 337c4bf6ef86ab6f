using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Cluster;

namespace NetProfiler.Node.Tests.Cluster;

/// <summary>An agent that ends and starts again says when nobody captured.</summary>
public sealed class InterruptionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly NodeTasks _tasks = new(TimeProvider.System, NullLogger<NodeTasks>.Instance);

    [Theory]
    [InlineData(NodeTaskState.Capturing, null, "AgentLost")]
    [InlineData(NodeTaskState.Attaching, null, "AgentLost")]
    [InlineData(NodeTaskState.Pending, "AgentStopped", "AgentStopped")]
    public void Begins_with_the_last_report_and_ends_with_the_first_capture(NodeTaskState state, string? reason, string why)
    {
        var task = Continued(state, reason, heartbeat: null);
        Assert.Equal([new() { From = Noon, Reason = why }], task.Interruptions);
        task = task.With(new TaskCondition(NodeTaskState.Attaching), Noon.AddSeconds(8));
        Assert.Null(Assert.Single(task.Interruptions).To);
        task = task.With(new TaskCondition(NodeTaskState.Capturing), Noon.AddSeconds(9))
            .With(new TaskCondition(NodeTaskState.Capturing), Noon.AddSeconds(20));
        Assert.Equal([new() { From = Noon, To = Noon.AddSeconds(9), Reason = why }], task.Interruptions);
    }

    [Fact]
    public void An_agent_that_had_nothing_new_to_report_is_believed_its_heartbeat() =>
        Assert.Equal(Noon.AddSeconds(30), Assert.Single(Continued(NodeTaskState.Capturing, null, Noon.AddSeconds(30)).Interruptions).From);

    [Theory]
    [InlineData(NodeTaskState.Finished, null, true)]
    [InlineData(NodeTaskState.Failed, null, true)]
    [InlineData(NodeTaskState.Pending, null, true)]
    [InlineData(NodeTaskState.Attaching, null, false)]
    public void Nothing_was_interrupted_that_did_not_capture(NodeTaskState state, string? reason, bool hasStarted) =>
        Assert.Empty(Continued(state, reason, null, hasStarted).Interruptions);

    [Fact]
    public void One_that_lasts_is_not_begun_again_by_a_third_process()
    {
        var open = new NodeTaskInterruption { From = Noon.AddSeconds(-60), Reason = "AgentLost" };
        Assert.Equal([open], Continued(NodeTaskState.Attaching, null, Noon, interruptions: [open]).Interruptions);
    }

    [Fact]
    public void The_latest_eight_are_kept()
    {
        NodeTaskInterruption[] earlier = [.. Enumerable.Range(1, 8)
            .Select(i => new NodeTaskInterruption { From = Noon.AddHours(-i), To = Noon.AddHours(-i).AddSeconds(1), Reason = "AgentLost" })
            .Reverse()];
        var kept = Continued(NodeTaskState.Capturing, null, null, interruptions: earlier).Interruptions;
        Assert.Equal([.. earlier[1..], new() { From = Noon, Reason = "AgentLost" }], kept);
    }

    [Fact]
    public void Changed_rules_interrupt_nothing()
    {
        var share = Share("all");
        _tasks.Set([share], null);
        _tasks.Update(task => task.With(new TaskCondition(NodeTaskState.Capturing), Noon)
            with { Reported = new() { Uid = "uid", StartTime = Noon, State = NodeTaskState.Capturing } });
        _tasks.Set([Share("other")], null);
        Assert.Empty(Assert.Single(_tasks.All).Interruptions);
    }

    private TaskExecution Continued(
        NodeTaskState state, string? reason, DateTimeOffset? heartbeat, bool hasStarted = true,
        IReadOnlyList<NodeTaskInterruption>? interruptions = null)
    {
        NodeTaskStatus report = new()
        {
            Uid = "uid", State = state, Reason = reason, StartTime = hasStarted ? Noon.AddHours(-1) : null,
            ResultsTime = hasStarted ? Noon : null, Interruptions = interruptions,
        };
        _tasks.Set([Share("all")], new() { HeartbeatTime = heartbeat, Tasks = [report] });
        return Assert.Single(_tasks.All);
    }

    private static NodeTask Share(string rule) => new()
    {
        Uid = "uid", Namespace = "shop", Name = "task", NotAfter = DateTimeOffset.UtcNow.AddHours(1), MaxDurationSeconds = 3600,
        Targets = [new() { ContainerId = "containerd://1", PodName = "cart", ContainerName = "app" }],
        Sampling = new() { Rules = [new() { Name = rule, When5xx = true }] },
    };
}
