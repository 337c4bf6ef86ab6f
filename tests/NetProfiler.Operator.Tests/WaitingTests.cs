using NetProfiler.Api.Resources;
using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Places;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>Tasks that wait for others to end, on nodes and in their namespace.</summary>
public sealed class WaitingTests
{
    private readonly ManualTime _time = new();
    private readonly FakeCluster _cluster;
    private readonly CollectedEvents _events = new();
    private readonly Agents _agents;

    public WaitingTests()
    {
        _cluster = new(_time);
        _agents = new(_cluster, _time);
        _cluster.Put(Make.Node("a"));
        _cluster.Put(Make.Pod("cart-1", "a"));
    }

    [Fact]
    public async Task The_deadline_of_a_task_that_waits_for_a_place_does_not_run()
    {
        var run = new OperatorRun(_cluster, _time);
        for (int i = 0; i < NodeLimits.DefaultCapturingTasks; i++) await CreateAsync(run, $"running-{i}", 600);
        await CreateAsync(run, "waiting", 60);
        Assert.Equal((TaskPhase.Pending,
            "1 node (a) reached the task quota, of which this namespace holds 8 tasks: waiting for a task to end"),
            (StatusOf("waiting").Phase, StatusOf("waiting").Message));
        Assert.Null(StatusOf("waiting").DeadlineTime);

        _time.Advance(500); // longer than it may run
        _agents.Work(1);
        await run.SettleAsync();
        Assert.Null(StatusOf("waiting").DeadlineTime);

        _time.Advance(100); // the others end
        _agents.Work(0);
        await run.SettleAsync();
        await run.SettleAsync();
        var start = _time.GetUtcNow();
        Assert.Equal((start, start.AddSeconds(60)), (StatusOf("waiting").StartTime, StatusOf("waiting").DeadlineTime));
        Assert.Equal(start.AddSeconds(60), ConfigTask("waiting").NotAfter);

        _agents.Work(7);
        await run.SettleAsync();
        Assert.Equal((TaskPhase.Running, (string?)null), (StatusOf("waiting").Phase, StatusOf("waiting").Message));
        _time.Advance(60);
        _agents.Work(0);
        await run.SettleAsync();
        Assert.Equal((TaskPhase.Completed, 7L, (string?)null),
            (StatusOf("waiting").Phase, StatusOf("waiting").Summary!.Requests, StatusOf("waiting").Message));
    }

    [Fact]
    public async Task A_namespace_has_as_many_tasks_at_a_time_as_its_limits_say()
    {
        var run = new OperatorRun(_cluster, _time, limits: Limits(new(MaxTasks: 2, null, AllowFullContent: true, AllowTls: true)));
        foreach (string name in new[] { "first", "second", "third" }) await CreateAsync(run, name, 60);
        Assert.Equal("this namespace may have 2 tasks at a time and has 2 older: waiting for a task to end", StatusOf("third").Message);
        Assert.Equal(["first", "second"], _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace,
            "a")!.Spec.Tasks.Select(task => task.Name).Order());

        _cluster.Remove<NetworkProfilingTask>(Make.Shop, "first");
        _time.Advance(10);
        await run.SettleAsync();
        Assert.Equal(_time.GetUtcNow().AddSeconds(60), StatusOf("third").DeadlineTime);
    }

    [Theory]
    [InlineData(3600, false, false, "spec.activeDeadlineSeconds: must be at most 300 in this namespace, is 3600")]
    [InlineData(300, true, false, "spec.sampling.rules[0].collect: Full is not allowed in this namespace")]
    [InlineData(300, false, true, "spec.tls.enabled: reading TLS is not allowed in this namespace")]
    [InlineData(300, false, false, null)]
    public async Task What_exceeds_the_limits_of_its_namespace_is_refused(int deadline, bool isFull, bool readsTls, string? message)
    {
        var run = new OperatorRun(_cluster, _time, _events, limits: Limits(new(null, MaxDeadlineSeconds: 300,
            AllowFullContent: false, AllowTls: false)));
        var task = Make.Task("one", deadline);
        var rule = new TaskSamplingRule { Name = "all", UriRegex = "/", When5xx = true,
            Collect = new() { Response = isFull ? CollectedContent.Full : CollectedContent.Headers } };
        await CreateAsync(run, task with { Spec = task.Spec with { Sampling = new() { Rules = [rule] },
            Tls = new() { Enabled = readsTls } } });

        Assert.Equal(message is null ? TaskPhase.Running : TaskPhase.Failed, StatusOf("one").Phase);
        if (message is not null)
            Assert.Equal((message, "Warning Fail LimitExceeded"), (StatusOf("one").Message, Assert.Single(_events.Told)));
    }

    [Fact]
    public async Task A_change_that_an_old_API_server_accepts_is_refused_by_the_operator()
    {
        var run = new OperatorRun(_cluster, _time, _events);
        await CreateAsync(run, "one", 600);
        var task = _cluster.Find<NetworkProfilingTask>(Make.Shop, "one")!;
        _cluster.Put(task with { Metadata = Raised(task), Spec = task.Spec with { ActiveDeadlineSeconds = 900 } });
        await run.SettleAsync();
        Assert.Equal(_time.GetUtcNow().AddSeconds(900), StatusOf("one").DeadlineTime);

        task = _cluster.Find<NetworkProfilingTask>(Make.Shop, "one")!;
        _cluster.Put(task with { Metadata = Raised(task), Spec = task.Spec with { Sampling = task.Spec.Sampling with { TopN = 5 } } });
        await run.SettleAsync();
        Assert.Equal((TaskPhase.Failed, "spec.targets and spec.sampling cannot be changed: delete the task and create another one"),
            (StatusOf("one").Phase, StatusOf("one").Message));
    }

    /// <summary>If this fails, raise the version in <c>ImmutableFields</c>: hashes of earlier operators mean nothing to this one.</summary>
    [Fact]
    public void The_hash_of_the_immutable_fields_is_the_same_in_every_version()
    {
        var spec = Make.Task().Spec;
        Assert.Equal(PinnedHash, Tasks.ImmutableFields.HashOf(spec));
    }

    private const string PinnedHash = "v2-5f53b9e75a41f216";

    private static k8s.Models.V1ObjectMeta Raised(NetworkProfilingTask task) => new()
    {
        Name = task.Metadata.Name, NamespaceProperty = task.Metadata.NamespaceProperty, Uid = task.Metadata.Uid,
        CreationTimestamp = task.Metadata.CreationTimestamp, Generation = task.Metadata.Generation + 1,
    };

    private static ClusterLimits Limits(NamespaceLimits shop) =>
        ClusterLimits.None with { ByNamespace = new Dictionary<string, NamespaceLimits> { [Make.Shop] = shop } };

    private Task CreateAsync(OperatorRun run, string name, int deadline) => CreateAsync(run, Make.Task(name, deadline));

    private async Task CreateAsync(OperatorRun run, NetworkProfilingTask task)
    {
        _cluster.Put(task);
        await run.SettleAsync();
        _agents.Work(0);
        await run.SettleAsync();
    }

    private NodeTask ConfigTask(string name) =>
        _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, "a")!.Spec.Tasks.Single(task => task.Name == name);

    private NetworkProfilingTaskStatus StatusOf(string name) => _cluster.Find<NetworkProfilingTask>(Make.Shop, name)!.Status!;
}
