using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>The agent itself, over real control groups and real traffic, told what to do by configurations of a real API server.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AgentTests(TestCluster cluster)
{
    /// <summary>Twice as long as a connection must stand still to be exact from its next byte (docs/http1.md).</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    [SkippableFact]
    public async Task Counts_are_those_of_the_access_log_for_each_of_two_tasks()
    {
        await using var node = await Node.Start(cluster, "exact");
        await using var first = await Container.Start();
        await using var second = await Container.Start();
        Share one = new("one", first), both = new("both", first, second);

        await node.Config.Set(one, both);
        await node.Config.Is(one, "Capturing");
        await node.Config.Is(both, "Capturing");
        await Task.WhenAll(first.Drive(300), second.Drive(200));

        await node.Config.Counts(one, first.Log);
        var task = await node.Config.Counts(both, first.Log, second.Log);
        Assert.Equal((2, 2, 0), ((int)task["targets"]!["requested"]!, (int)task["targets"]!["attached"]!,
            (int)task["targets"]!["missing"]!));
        Assert.Equal(5, ((JsonArray)task["topTraces"]!["serverErrors"]!).Count);
        Assert.All((JsonArray)task["topTraces"]!["serverErrors"]!,
            trace => Assert.StartsWith("/broken?n=[masked:", (string?)trace!["uri"], StringComparison.Ordinal));
        Assert.Equal(["shop/Deployment/cart"],
            ((JsonArray)task["peers"]!).Select(peer => $"{peer!["local"]!["namespace"]}/{peer["local"]!["name"]}").Distinct());
    }

    [SkippableFact]
    public async Task Targets_come_and_go_while_the_others_are_counted_exactly()
    {
        await using var node = await Node.Start(cluster, "changing");
        await using var stays = await Container.Start();
        await using var comes = await Container.Start();
        var share = new Share("changing", stays);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");

        using var end = new CancellationTokenSource();
        var load = stays.DriveUntil(end.Token);
        await comes.Drive(100); // not a target yet
        await node.Config.Set(share with { Containers = [stays, comes] });
        await node.Config.Says(share, "has both", task => (int)task["targets"]!["attached"]! == 2);
        int before = comes.Log.Count;
        await Task.Delay(Silence); // its connection, kept open, is older than the capture
        await comes.Drive(100);
        var counted = comes.Log.Skip(before).ToList();
        await node.Config.Set(share);
        await node.Config.Says(share, "has one", task => (int)task["targets"]!["attached"]! == 1);
        await comes.Drive(100); // a target no more

        await end.CancelAsync();
        Assert.True(await load > 0);
        await node.Config.Counts(share, stays.Log, counted);
    }

    [SkippableFact]
    public async Task Capture_ends_at_its_time_begins_again_when_that_is_moved_and_ends_without_targets()
    {
        await using var node = await Node.Start(cluster, "timed");
        await using var container = await Container.Start();
        var share = new Share("timed", container) { NotAfter = DateTimeOffset.UtcNow.AddSeconds(8) };
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        Assert.True(node.Agent.HeldInKernel > 0);
        await container.Drive(60);
        var first = container.Log;

        await node.Config.Is(share, "Finished");
        Assert.True(DateTimeOffset.UtcNow >= share.NotAfter.AddSeconds(-1));
        await node.Agent.HoldsNothingInKernel();
        await container.Drive(60);
        int between = container.Log.Count;

        await node.Config.Set(share with { NotAfter = DateTimeOffset.UtcNow.AddMinutes(5) });
        await node.Config.Is(share, "Capturing");
        await container.Drive(60);
        var second = container.Log.Skip(between).ToList();
        await node.Config.Counts(share, first, second);

        await node.Config.Set(share with { Containers = [], NotAfter = DateTimeOffset.UtcNow.AddMinutes(5) });
        await node.Config.Is(share, "Finished");
        await node.Agent.HoldsNothingInKernel();
        await node.Config.Counts(share, first, second);
    }

    [SkippableFact]
    public async Task Capture_ends_when_the_duration_is_over_whatever_the_clock_says()
    {
        await using var node = await Node.Start(cluster, "limited");
        await using var container = await Container.Start();
        var share = new Share("limited", container) { MaxDurationSeconds = 5 };
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await node.Config.Is(share, "Finished");
        await node.Agent.HoldsNothingInKernel();
    }

    [SkippableFact]
    public async Task Killed_and_started_again_it_goes_on_from_what_it_reported()
    {
        await using var node = await Node.Start(cluster, "killed");
        await using var container = await Container.Start();
        var share = new Share("killed", container);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await container.Drive(90);
        var before = await node.Config.Counts(share, container.Log);
        int counted = container.Log.Count;

        await node.Agent.Kill();
        await container.Drive(30); // nobody looks
        int unseen = container.Log.Count;
        node.Agent = await node.Agent.Again(cluster, "killed");
        await node.Config.Says(share, "is captured again",
            task => (string?)task["state"] == "Capturing" && (string?)task["resultsTime"] != (string?)before["resultsTime"]);
        await container.Drive(90);

        var log = container.Log;
        var after = await node.Config.Counts(share, [.. log.Take(counted)], [.. log.Skip(unseen)]);
        Assert.Equal((string?)before["startTime"], (string?)after["startTime"]);
        Assert.Equal(log.Count - (unseen - counted), ((JsonArray)after["peers"]!).Sum(peer => (int)peer!["requests"]!));
        Assert.Null(before["interruptions"]);
        var interruption = Assert.Single((JsonArray)after["interruptions"]!)!;
        Assert.Equal("AgentLost", (string?)interruption["reason"]);
        Assert.Equal((string?)before["resultsTime"], (string?)interruption["from"]);
        Assert.True((DateTimeOffset)interruption["to"]! > (DateTimeOffset)interruption["from"]!);
    }

    [SkippableFact]
    public async Task Stopped_it_says_so_and_forgets_nothing()
    {
        await using var node = await Node.Start(cluster, "stopped");
        await using var container = await Container.Start();
        var share = new Share("stopped", container);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await container.Drive(60);

        Assert.Equal(0, await node.Agent.Stop());
        var task = await node.Config.Is(share, "Pending");
        Assert.Equal("AgentStopped", (string?)task["reason"]);
        NodeConfig.AssertCounts(task, container.Log);
    }

    [SkippableFact]
    public async Task Without_the_API_server_it_captures_on_until_the_time_is_over()
    {
        cluster.RequireOurs();
        await using var node = await Node.Start(cluster, "outage");
        await using var container = await Container.Start();
        await using var other = await Container.Start();
        Share lasting = new("lasting", container), ending = new("ending", other) { MaxDurationSeconds = 12 };
        await node.Config.Set(lasting, ending);
        await node.Config.Is(lasting, "Capturing");

        await cluster.Script("api-server", "stop");
        try
        {
            await container.Drive(120);
            await other.Drive(30);
            await Task.Delay(TimeSpan.FromSeconds(13));
            await container.Drive(30);
            await other.Drive(30); // its time is over
        }
        finally
        {
            await cluster.Script("api-server", "start");
        }

        await node.Config.Counts(lasting, container.Log);
        await node.Config.Is(ending, "Finished");
        await node.Config.Counts(ending, [.. other.Log.Take(30)]);
    }

    [SkippableFact]
    public async Task A_configuration_that_is_deleted_ends_everything_and_made_anew_goes_on()
    {
        await using var node = await Node.Start(cluster, "deleted");
        await using var container = await Container.Start();
        var share = new Share("deleted", container);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await container.Drive(60);
        var first = container.Log;

        await node.Config.Delete();
        await node.Agent.HoldsNothingInKernel();
        await Eventually.IsTrue("the metrics name no target", async () =>
            !(await node.Agent.Read("/metrics")).Text.Contains("netprofiler_task_target_info{", StringComparison.Ordinal));
        await container.Drive(30);
        int between = container.Log.Count;

        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await container.Drive(60);
        await node.Config.Counts(share, first, [.. container.Log.Skip(between)]);
    }

    [SkippableFact]
    public async Task Series_of_a_task_that_ended_are_scraped_once_more_and_disappear()
    {
        await using var node = await Node.Start(cluster, "series");
        await using var container = await Container.Start();
        await using var stays = await Container.Start();
        Share ending = new("ending", container), lasting = new("lasting", stays) { Namespace = "depot" };
        await node.Config.Set(ending);
        await node.Config.Is(ending, "Capturing");
        await container.Drive(30);
        await node.Config.Counts(ending, container.Log);

        await node.Config.Set(lasting);
        await node.Config.Is(lasting, "Capturing");
        Assert.True(await Series() > 0); // the last values
        await Eventually.IsTrue("the series are gone", async () => await Series() == 0, TimeSpan.FromSeconds(60));

        async Task<int> Series() => (await node.Agent.Read("/metrics")).Text.Split('\n')
            .Count(line => line.Contains("k8s_namespace_name=\"shop\"", StringComparison.Ordinal)
                && !line.StartsWith("netprofiler_task_target_info", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_container_that_is_not_here_is_said_to_be_missing()
    {
        await using var node = await Node.Start(cluster, "missing");
        await using var container = await Container.Start();
        var lost = new string('0', 64);
        Share some = new("some", container) { Lost = [lost] }, none = new("none") { Lost = [lost] };
        await node.Config.Set(some, none);

        var task = await node.Config.Is(some, "Capturing");
        Assert.Equal(("TargetsNotFound", 2, 1, 1),
            ((string?)task["reason"], (int)task["targets"]!["requested"]!, (int)task["targets"]!["attached"]!,
            (int)task["targets"]!["missing"]!));
        task = await node.Config.Says(none, "is told why", one => (string?)one["reason"] == "TargetsNotFound");
        Assert.Equal("Attaching", (string?)task["state"]);
        Assert.Contains(lost, (string?)task["message"], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Where_the_machine_cannot_be_profiled_it_says_why_and_what_to_do()
    {
        Skip.IfNot(Tool.Exists("setpriv"), "needs setpriv (util-linux)");
        await cluster.StopOperator();
        await using var agent = await NodeAgent.StartBehind(["setpriv", "--bounding-set", "-sys_admin,-bpf,-perfmon"], cluster, "unable");
        await using var config = new NodeConfig(cluster, "unable");
        await using var container = await Container.Start();
        await agent.IsReady();
        var share = new Share("unable", container);
        await config.Set(share);

        var task = await config.Is(share, "Failed");
        Assert.Equal("CannotProfile", (string?)task["reason"]);
        var condition = Assert.Single((JsonArray)(await config.Find())!["status"]!["conditions"]!)!;
        Assert.Equal(("AgentReady", "False", "CannotProfile"),
            ((string?)condition["type"], (string?)condition["status"], (string?)condition["reason"]));
        Assert.Equal("capabilities: missing BPF and PERFMON: run as root (sudo), or give the process the capabilities BPF and PERFMON",
            (string?)condition["message"]);
    }

    [SkippableFact]
    public async Task Where_control_groups_have_no_id_containers_are_known_by_their_processes()
    {
        Container.Require();
        Skip.If(Container.Version1 is null, "needs control groups of version 1, beside those of version 2 (a hybrid machine)");
        await using var node = await Node.Start(cluster, "version1");
        await using var container = await Container.Start(Container.Version1);
        var share = new Share("version1", container);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await container.Drive(120);
        await node.Config.Counts(share, container.Log);
    }

    [SkippableFact]
    public async Task A_process_that_starts_in_a_container_later_is_of_the_container()
    {
        await using var node = await Node.Start(cluster, "later");
        await using var container = await Container.Start();
        var share = new Share("later", container) { Direction = "Client" };
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");

        Assert.Equal("fine\n", await container.Exec("/ok"));
        var task = await node.Config.Says(share, "has seen it", one => (int?)one["counts"]?["requests"] == 1);
        var peer = Assert.Single((JsonArray)task["peers"]!)!;
        Assert.Equal(("Client", "Deployment/cart"), ((string?)peer["role"], (string?)peer["local"]!["name"]));
    }
}
