using System.Globalization;
using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>
/// Whole lives of tasks, all at the same time, because the shortest that the schema allows is half a minute. The first test that asks runs
/// them; all look at tasks as the API server showed them at the moments that matter.
/// </summary>
public sealed class TaskLives(TestCluster cluster) : IAsyncLifetime
{
    private readonly Fakes _fakes = new(cluster);
    private readonly Dictionary<string, JsonNode> _seen = [];
    private Task? _run;
    private FakeAgents? _agents;

    internal string Waited { get; private set; } = "";

    /// <summary>A task at a moment.</summary>
    internal async Task<JsonNode> Seen(string task, string moment)
    {
        await Lived();
        return _seen[$"{task} {moment}"];
    }

    internal Task Lived() => _run ??= Run();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_agents is not null) await _agents.DisposeAsync();
        await _fakes.DisposeAsync();
    }

    private async Task Run()
    {
        _ = await cluster.Operator();
        _agents = new(cluster) { Report = (_, _) => Reports.Of(10, clientErrors: 1, serverErrors: 2) };
        foreach (var name in new[] { "lives", "ending" })
        {
            await _fakes.Namespace(name);
            await _fakes.Node($"{name}-a");
            await _fakes.Pod(name, "cart", $"{name}-a");
        }

        await _fakes.Task("ending", "short", Spec());
        var waiting = cluster.Kubectl("wait", "--for=condition=Complete", "nptask/short", "-n", "ending", "--timeout=110s");
        await _fakes.Task("lives", "kept", Spec());
        await _fakes.Task("lives", "at-once", Spec("ttlSecondsAfterFinished: 0"));
        await _fakes.Task("lives", "soon", Spec("ttlSecondsAfterFinished: 3"));
        await _fakes.Task("lives", "never-begun", Spec("suspend: true"));
        await _fakes.Task("lives", "paused", Spec());
        await _fakes.Task("lives", "raised", Spec());
        await _fakes.Task("lives", "nobody", Spec().Replace("cart", "nobody", StringComparison.Ordinal));

        await Keep("paused", "at first", "Running");
        await Keep("raised", "at first", "Running");
        await _fakes.Task("lives", "paused", Spec("suspend: true"));
        await _fakes.Task("lives", "raised", Spec().Replace("30", "36", StringComparison.Ordinal));
        await Keep("paused", "suspended", "Suspended");

        await Keep("kept", "at the end", "Completed");
        Waited = (await waiting).Succeeded;
        await Keep("never-begun", "at the end of others", "Suspended");
        await Keep("paused", "at the end of others", "Suspended");
        await Keep("nobody", "at the end", "Failed");
        await cluster.TaskIsGone("lives", "at-once");
        await cluster.TaskIsGone("lives", "soon");

        await _fakes.Task("lives", "paused", Spec());
        await Keep("paused", "resumed", "Running");
        await Keep("raised", "at the end", "Completed");
        await Keep("kept", "later", "Completed");
    }

    private static string Spec(string more = "") =>
        $"{{targets: [{{podSelector: {{matchLabels: {{app: cart}}}}}}], activeDeadlineSeconds: 30{(more.Length > 0 ? ", " : "")}{more}}}";

    private async Task Keep(string task, string moment, string phase) =>
        _seen[$"{task} {moment}"] = await cluster.TaskIsIn("lives", task, phase);
}

[Collection(ClusterCollection.Name)]
public sealed class TaskLifeTests(TestCluster cluster, TaskLives lives) : IClassFixture<TaskLives>
{
    [SkippableFact]
    public async Task A_task_ends_at_its_deadline_and_is_complete()
    {
        var task = await lives.Seen("kept", "at the end");

        Assert.Equal(("True", "DeadlineReached"), (task.Condition("Complete"), task.Reason("Complete")));
        Assert.Null(task.Condition("Failed"));
        Assert.Equal(30, (At(task, "deadlineTime") - At(task, "startTime")).TotalSeconds);
        Assert.True(At(task, "completionTime") >= At(task, "deadlineTime"));
        Assert.Equal((10, 0), ((long)task["status"]!["summary"]!["requests"]!, (int)task["status"]!["nodes"]!["capturing"]!));
    }

    [SkippableFact]
    public async Task A_task_without_a_time_to_live_is_kept_as_it_ended()
    {
        var (end, later) = (await lives.Seen("kept", "at the end"), await lives.Seen("kept", "later"));
        Assert.Equal(end["status"]!.ToJsonString(), later["status"]!.ToJsonString());
    }

    [SkippableFact]
    public async Task A_task_whose_time_to_live_is_up_is_deleted()
    {
        await lives.Lived();
        Assert.Null(await cluster.Api.Find(Fakes.TaskPath("lives", "at-once")));
        Assert.Null(await cluster.Api.Find(Fakes.TaskPath("lives", "soon")));
    }

    [SkippableFact]
    public async Task A_task_without_targets_until_the_end_has_failed()
    {
        var task = await lives.Seen("nobody", "at the end");
        Assert.Equal(("True", "NoTargets", null), (task.Condition("Failed"), task.Reason("Failed"), task.Condition("Complete")));
    }

    [SkippableFact]
    public async Task A_task_that_is_suspended_from_the_start_has_no_deadline()
    {
        var task = await lives.Seen("never-begun", "at the end of others");
        Assert.Equal((null, null, "True"), ((string?)task["status"]!["startTime"], (string?)task["status"]!["deadlineTime"],
            task.Condition("Suspended")));
    }

    [SkippableFact]
    public async Task A_suspended_task_does_not_age()
    {
        var (suspended, later, resumed) = (await lives.Seen("paused", "suspended"), await lives.Seen("paused", "at the end of others"),
            await lives.Seen("paused", "resumed"));
        var elapsed = (int)suspended["status"]!["elapsedSeconds"]!;

        Assert.InRange(elapsed, 0, 29);
        Assert.Equal(elapsed, (int)later["status"]!["elapsedSeconds"]!);
        Assert.Equal("False", resumed.Condition("Suspended"));
        Assert.Equal(30 - elapsed, (At(resumed, "deadlineTime") - At(resumed, "startTime")).TotalSeconds);
    }

    [SkippableFact]
    public async Task A_deadline_that_was_raised_is_the_one_that_holds()
    {
        var (first, end) = (await lives.Seen("raised", "at first"), await lives.Seen("raised", "at the end"));
        Assert.Equal((30, 36), ((At(first, "deadlineTime") - At(first, "startTime")).TotalSeconds,
            (At(end, "deadlineTime") - At(end, "startTime")).TotalSeconds));
        Assert.Equal(At(first, "startTime"), At(end, "startTime"));
    }

    [SkippableFact]
    public async Task Whoever_waits_for_the_end_of_a_task_is_told()
    {
        await lives.Lived();
        Assert.Equal("networkprofilingtask.netprofiler.dev/short condition met\n", lives.Waited);
    }

    [SkippableFact]
    public async Task An_ended_task_shows_what_it_found()
    {
        await lives.Lived();
        Golden.Equal("golden/completed/get-wide.txt",
            Readable.Of((await cluster.Kubectl("get", "nptask", "-n", "ending", "-o", "wide")).Succeeded));
        Golden.Equal("golden/completed/describe.txt",
            Readable.WithoutEvents((await cluster.Kubectl("describe", "nptask", "short", "-n", "ending")).Succeeded));
        Golden.Equal("golden/completed/events.txt", await cluster.Events("ending", "DeadlineReached"));
    }

    [SkippableFact]
    public async Task After_the_end_no_node_is_told_of_the_task()
    {
        await lives.Lived();
        _ = await cluster.ConfigIs("ending-a", "is gone", config => config["metadata"] is null);
    }

    private static DateTimeOffset At(JsonNode task, string time) =>
        DateTimeOffset.Parse((string)task["status"]![time]!, CultureInfo.InvariantCulture);
}
