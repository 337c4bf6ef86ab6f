using k8s.Models;
using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Tests.Support;
using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Tasks;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>One task from its creation to its end, with the agents of two nodes.</summary>
public sealed class TaskLifeTests
{
    private readonly ManualTime _time = new();
    private readonly FakeCluster _cluster;
    private readonly CollectedEvents _events = new();
    private readonly OperatorRun _operator;
    private readonly Agents _agents;

    public TaskLifeTests()
    {
        _cluster = new(_time);
        _agents = new(_cluster, _time);
        _operator = new(_cluster, _time, _events);
        _cluster.Put(Make.Node("a"));
        _cluster.Put(Make.Node("b"));
    }

    private NetworkProfilingTaskStatus Status => _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Status!;

    [Fact]
    public async Task A_task_goes_through_its_life_and_says_so()
    {
        await StartAsync("a", "b");
        Assert.Equal(TaskPhase.Pending, Status.Phase);
        Is("Accepted", "True", "Accepted");
        Is("TargetsFound", "True", "TargetsFound");
        Is("Programmed", "False", "WaitingForNodes");
        Assert.Equal(_time.GetUtcNow().AddSeconds(600), Status.DeadlineTime);

        _agents.Work(10);
        await _operator.SettleAsync();
        Assert.Equal(TaskPhase.Running, Status.Phase);
        Is("Programmed", "True", "Programmed");
        Is("Capturing", "True", "Capturing");
        Assert.Equal(new TaskNodeCounts { Desired = 2, Configured = 2, Capturing = 2 }, Status.Nodes);

        _time.Advance(600);
        _agents.Work(0);
        await _operator.SettleAsync();
        Assert.Equal((TaskPhase.Completed, 20L), (Status.Phase, Status.Summary!.Requests));
        Is("Complete", "True", "DeadlineReached");
        Is("Capturing", "False", "Finished");
        Assert.Equal(_time.GetUtcNow(), Status.CompletionTime);
        Assert.Equal(
            ["Normal Accept Accepted", "Normal FindTargets TargetsFound", "Normal Capture Capturing", "Normal Complete DeadlineReached"],
            _events.Told);
    }

    [Fact]
    public async Task Nothing_is_written_when_nothing_changed()
    {
        await StartAsync("a", "b");
        _agents.Work(10);
        await _operator.SettleAsync();
        int calls = _cluster.Calls.Count;
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(5);
            await _operator.SettleAsync();
        }

        Assert.Equal(calls, _cluster.Calls.Count);
        Assert.Equal(2, _operator.Metrics.Value("netprofiler_operator_writes_total", ("resource", "nodeprofilingconfigs")));
    }

    [Fact]
    public async Task The_last_results_are_waited_for_and_what_comes_later_is_not_counted()
    {
        await StartAsync("a", "b");
        _agents.Work(10);
        await _operator.SettleAsync();
        _time.Advance(601);
        await _operator.SettleAsync();
        Assert.Null(Condition("Complete"));

        _time.Advance(15);
        await _operator.SettleAsync();
        Is("Complete", "True", "DeadlineReached");
        Is("Degraded", "True", "ResultsMissing");
        var end = Status;
        _agents.Work(10);
        await _operator.SettleAsync();
        Assert.Equal(end.Summary, Status.Summary);
        Assert.Equal(end.Conditions, Status.Conditions);
    }

    [Fact]
    public async Task The_end_is_never_written_over_one_that_another_operator_has_written()
    {
        await StartAsync("a");
        _agents.Work(10);
        await _operator.SettleAsync();
        _time.Advance(600);
        _agents.Work(0);
        // The other one was faster, and has taken the task from its node; our caches have not heard of the first.
        _cluster.BeforeCommit = _ =>
        {
            _cluster.BeforeCommit = null;
            var task = _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!;
            _cluster.Put(task with { Status = task.Status!
                with { Summary = new() { Requests = 12 }, Conditions = [new() { Type = "Complete", Status = "True" }] } });
        };
        await _operator.SettleAsync();
        Assert.Equal(12, Status.Summary!.Requests);
    }

    [Fact]
    public async Task A_suspended_task_does_not_capture_and_its_time_stands_still()
    {
        await StartAsync("a");
        _agents.Work(10);
        await _operator.SettleAsync();
        _time.Advance(100);
        Suspend(true);
        await _operator.SettleAsync();
        Assert.Equal((TaskPhase.Suspended, 100, null), (Status.Phase, Status.ElapsedSeconds, Status.DeadlineTime));
        Is("Suspended", "True", "Suspended");
        Assert.Empty(_cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Single().Targets);
        _agents.Work(10);

        _time.Advance(100_000);
        await _operator.SettleAsync();
        Suspend(false);
        await _operator.SettleAsync();
        Is("Suspended", "False", "Resumed");
        Assert.Equal(_time.GetUtcNow().AddSeconds(500), Status.DeadlineTime);
        Assert.Equal(_time.GetUtcNow().AddSeconds(500), _cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Single().NotAfter);

        _agents.Work(10);
        _time.Advance(500);
        _agents.Work(0);
        await _operator.SettleAsync();
        Assert.Equal((TaskPhase.Completed, 20L), (Status.Phase, Status.Summary!.Requests));
    }

    [Fact]
    public async Task A_deadline_that_is_raised_reaches_the_nodes()
    {
        await StartAsync("a");
        var task = _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!;
        _cluster.Put(task with { Spec = task.Spec with { ActiveDeadlineSeconds = 900 }, Metadata = task.Metadata with { Generation = 2 } });
        await _operator.SettleAsync();
        var share = _cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Single();
        Assert.Equal((_time.GetUtcNow().AddSeconds(900), 900, 2L), (share.NotAfter, share.MaxDurationSeconds, share.Generation));
        Is("Programmed", "False", "WaitingForNodes");
        Assert.Equal(2, Status.ObservedGeneration);
        Assert.All(Status.Conditions!, condition => Assert.Equal(2, condition.ObservedGeneration));
    }

    [Fact]
    public async Task A_task_that_finds_nobody_fails_at_its_deadline()
    {
        await StartAsync();
        Is("TargetsFound", "False", "NoMatchingPods");
        _time.Advance(600);
        await _operator.SettleAsync();
        Is("Failed", "True", "NoTargets");
        Assert.Equal(TaskPhase.Failed, Status.Phase);
    }

    [Fact]
    public async Task A_task_whose_nodes_all_failed_says_why_and_fails_at_its_deadline()
    {
        await StartAsync("a");
        Tell("a", status => status with
        {
            Tasks = [new() { Uid = "uid-of-cart-slow", Generation = 1, State = NodeTaskState.Failed, Reason = "MissingCapability",
                Message = "needs CAP_BPF" }],
        });
        await _operator.SettleAsync();
        Is("Capturing", "False", "AllNodesFailed");
        Is("Degraded", "True", "NodesFailed");
        var failure = Assert.Single(Status.NodeFailures!);
        Assert.Equal(("a", "MissingCapability", "needs CAP_BPF"), (failure.NodeName, failure.Reason, failure.Message));
        var since = failure.LastTransitionTime;

        _time.Advance(600);
        await _operator.SettleAsync();
        Is("Failed", "True", "AllNodesFailed");
        Assert.Equal(since, Status.NodeFailures!.Single().LastTransitionTime);
    }

    [Fact]
    public async Task An_agent_that_says_it_is_not_ready_is_a_failed_node()
    {
        await StartAsync("a");
        Tell("a", status => status
            with { Conditions = [new() { Type = "AgentReady", Status = "False", Reason = "NoBtf", Message = "no BTF" }] });
        await _operator.SettleAsync();
        Is("Programmed", "False", "NodeFailed");
        Assert.Equal("NoBtf", Status.NodeFailures!.Single().Reason);
    }

    [Fact]
    public async Task An_agent_that_says_nothing_is_told_of_after_a_while()
    {
        await StartAsync("a");
        _time.Advance(NodeShare.AgentPatience.TotalSeconds);
        await _operator.SettleAsync();
        Is("Programmed", "False", "AgentNotReady");
        Assert.Equal(1, Status.Nodes!.Unreachable);
        Is("Degraded", "True", "NodesUnreachable");
    }

    [Fact]
    public async Task What_an_agent_could_not_see_is_listed_with_node_time_and_reason()
    {
        await StartAsync("a", "b");
        _agents.Work(1);
        var (noon, later) = (_time.GetUtcNow(), _time.GetUtcNow().AddSeconds(5));
        Interrupted("b", new NodeTaskInterruption { From = noon, To = later, Reason = "AgentStopped" });
        Interrupted("a", new NodeTaskInterruption { From = noon, To = later, Reason = "AgentLost" },
            new NodeTaskInterruption { From = later, Reason = "AgentLost" });
        await _operator.SettleAsync();
        Is("Degraded", "True", "Interrupted");
        Assert.Equal(
            "3 interruptions, the latest on a from 2026-01-02 03:04:10Z to now or the end: exchanges during that time were not captured",
            Condition("Degraded")!.Message);
        Assert.Equal(
            [("a", noon, later, "AgentLost"), ("b", noon, later, "AgentStopped"), ("a", later, null, "AgentLost")],
            Status.Interruptions!.Select(one => (one.NodeName, one.From, one.To, one.Reason)));

        void Interrupted(string node, params NodeTaskInterruption[] interruptions) =>
            Tell(node, status => status with { Tasks = [status.Tasks[0] with { Interruptions = interruptions }] });
    }

    [Fact]
    public async Task A_node_that_is_not_ready_is_unreachable_and_the_task_goes_on()
    {
        await StartAsync("a", "b");
        _agents.Work(1);
        _cluster.Put(Make.Node("a", isReady: false));
        await _operator.SettleAsync();
        Assert.Equal((1, 1), (Status.Nodes!.Capturing, Status.Nodes.Unreachable));
        Is("Degraded", "True", "NodesUnreachable");
        Assert.Equal(TaskPhase.Running, Status.Phase);
        Assert.Equal(2, Status.Summary!.Requests);
    }

    [Fact]
    public async Task A_task_that_finds_every_place_taken_waits_for_one()
    {
        for (int i = 0; i < 8; i++) _cluster.Put(Make.Task($"before-{i}", deadlineSeconds: 60));
        _cluster.Put(Make.Pod("cart-1", "a"));
        await _operator.SettleAsync();
        _time.Advance(1);
        await StartAsync();
        Is("Accepted", "False", "QuotaExceeded");
        Assert.Equal(8, _cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Count);

        _time.Advance(60);
        _agents.Work(0);
        await _operator.SettleAsync();
        Is("Accepted", "True", "Accepted");
        Assert.Equal("cart-slow", _cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Single().Name);
    }

    [Theory]
    [InlineData("(a", "InvalidSampling", "spec.sampling.rules[0].uriRegex: is not a pattern of the linear-time engine")]
    [InlineData(null, "InvalidSelector", "spec.targets: at least one target is required")]
    public async Task What_cannot_be_accepted_is_refused_with_its_path_and_over(string? regex, string reason, string message)
    {
        var task = Make.Task();
        if (regex is null) task.Spec.Targets = [];
        else task.Spec.Sampling = new() { Rules = [new() { Name = "r", UriRegex = regex, When5xx = true }] };
        _cluster.Put(task);
        _cluster.Put(Make.Pod("cart-1", "a"));
        await _operator.SettleAsync();
        Is("Accepted", "False", reason);
        Is("Failed", "True", reason);
        Assert.StartsWith(message, Condition("Accepted")!.Message, StringComparison.Ordinal);
        Assert.Empty(_cluster.All<NodeProfilingConfig>());
    }

    [Fact]
    public async Task A_finished_task_is_deleted_when_its_time_is_up_and_only_that_very_one()
    {
        _cluster.Put(Make.Task(ttl: 3600));
        await _operator.SettleAsync();
        _time.Advance(600);
        await _operator.SettleAsync();
        _time.Advance(3599);
        await _operator.SettleAsync();
        Assert.NotNull(_cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow"));

        _cluster.BeforeCommit = _ =>
        {
            _cluster.BeforeCommit = null;
            _cluster.Put(Make.Task() with { Metadata = new() { Name = "cart-slow", NamespaceProperty = Make.Shop, Uid = "another" } });
        };
        _time.Advance(1);
        await _operator.SettleAsync();
        Assert.Contains("delete networkprofilingtasks shop/cart-slow", _cluster.Calls);
        Assert.Equal("another", _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Metadata.Uid);
    }

    [Fact]
    public async Task A_deleted_task_leaves_the_nodes_and_their_configurations_go_after_a_while()
    {
        await StartAsync("a");
        _cluster.Remove<NetworkProfilingTask>(Make.Shop, "cart-slow");
        await _operator.SettleAsync();
        Assert.Empty(_cluster.All<NodeProfilingConfig>().Single().Spec.Tasks);
        _time.Advance(NodeConfigController.Linger.TotalSeconds);
        await _operator.SettleAsync();
        Assert.Empty(_cluster.All<NodeProfilingConfig>());
    }

    [Fact]
    public async Task A_task_made_again_with_the_same_name_begins_anew()
    {
        await StartAsync("a");
        _agents.Work(10);
        await _operator.SettleAsync();
        _cluster.Put(Make.Task() with { Metadata = new() { Name = "cart-slow", NamespaceProperty = Make.Shop, Uid = "another",
            Generation = 1 } });
        await _operator.SettleAsync();
        _agents.Work(1);
        await _operator.SettleAsync();
        Assert.Equal(1, Status.Summary!.Requests);
        Assert.Equal("another", _cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Single().Uid);
    }

    [Fact]
    public async Task What_an_agent_says_of_tasks_it_was_not_given_counts_for_nothing()
    {
        await StartAsync("a");
        _agents.Work(10);
        _cluster.Put(new NodeProfilingConfig
        {
            Metadata = new() { Name = "b", NamespaceProperty = OperatorRun.Namespace },
            Status = new() { Tasks = [new() { Uid = "uid-of-cart-slow", Counts = new() { Requests = 1000 },
                ResultsTime = _time.GetUtcNow() }] },
        });
        await _operator.SettleAsync();
        Assert.Equal(10, Status.Summary!.Requests);
    }

    [Fact]
    public async Task A_specification_that_somebody_changed_is_put_right()
    {
        await StartAsync("a");
        var config = _cluster.All<NodeProfilingConfig>().Single();
        _cluster.Put(config with { Spec = new() });
        await _operator.SettleAsync();
        Assert.Equal("cart-slow", _cluster.All<NodeProfilingConfig>().Single().Spec.Tasks.Single().Name);
    }

    [Fact]
    public async Task A_time_of_transition_changes_with_the_status_alone()
    {
        await StartAsync("a");
        var accepted = Condition("Accepted")!.LastTransitionTime;
        var capturing = Condition("Capturing")!.LastTransitionTime;
        _time.Advance(5);
        _agents.Work(1);
        await _operator.SettleAsync();
        Assert.Equal(accepted, Condition("Accepted")!.LastTransitionTime);
        Assert.Equal(capturing.AddSeconds(5), Condition("Capturing")!.LastTransitionTime);
    }

    private async Task StartAsync(params string[] nodes)
    {
        foreach (var node in nodes) _cluster.Put(Make.Pod($"cart-on-{node}", node));
        _cluster.Put(Make.Task());
        await _operator.SettleAsync();
    }

    private void Suspend(bool suspend)
    {
        var task = _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!;
        _cluster.Put(task with { Spec = task.Spec with { Suspend = suspend } });
    }

    private void Tell(string node, Func<NodeProfilingConfigStatus, NodeProfilingConfigStatus> status)
    {
        var config = _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, node)!;
        _cluster.Put(config with { Status = status(config.Status ?? new()) });
    }

    private V1Condition? Condition(string type) => Conditions.Find(Status.Conditions, type);

    private void Is(string type, string status, string reason)
    {
        var condition = Condition(type);
        Assert.Equal((status, reason), (condition?.Status, condition?.Reason));
    }
}
