using NetProfiler.Cluster.Tests.Support;
using NetProfiler.EndToEnd.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>Parts of Netprofiler, or of the cluster, fail while a task runs.</summary>
[Collection(WorldCollection.Name)]
public sealed class OutageTests(World world)
{
    [SkippableFact]
    public async Task An_agent_that_is_killed_leaves_nothing_attached_and_takes_its_tasks_up_again()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "agent-killed");
        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(200, () => world.Visit(0, 200));

        var before = (await Agents.Pods(world))["node1"];
        var process = Agents.ProcessOf(before);
        var links = Agents.LinksOf(process);
        Assert.NotEmpty(links);
        _ = await Tool.Run("kill", ["-KILL", $"{process}"]);
        await Eventually.IsTrue("another process is the agent, and captures", async () =>
            (await Agents.Pods(world)).TryGetValue("node1", out var pod) && Restarts(pod) > Restarts(before)
                && Agents.LinksOf(Agents.ProcessOf(pod)) is { Count: > 0 } now && !now.Overlaps(links));

        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(250, () => world.Visit(200, 250));
        await task.CountsNoMore();
    }

    [SkippableFact]
    public async Task An_operator_that_is_killed_is_followed_by_the_other()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "operator-killed");
        _ = await task.Runs(pods: 3, nodes: 2);

        var leader = await Leader();
        _ = await world.Kubectl("-n", World.System, "delete", "pod", leader, "--grace-period=0", "--force");
        await Eventually.IsTrue("another operator leads", async () => await Leader() is { Length: > 0 } now && now != leader);

        await task.Counts(100, () => world.Visit(0, 100));
        await using var next = await ProfilingTask.OfCart(world, "after-failover");
        _ = await next.Runs(pods: 3, nodes: 2);
        await world.Kubectl("-n", World.System, "rollout", "status", "--timeout=120s", "deployment/netprofiler-operator");
    }

    [SkippableFact]
    public async Task A_minute_without_the_API_server_costs_no_count()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "no-api-server");
        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(100, () => world.Visit(0, 100));

        // In the background, for nobody can be asked anything meanwhile.
        _ = await world.Kubectl("-n", "shop", "exec", "visitor", "--", "sh", "-c",
            "rm -f /tmp/visited; setsid sh -c 'sleep 20; /shop/shop visit http://10.96.0.50 100 500 4 >/tmp/visited' >/dev/null 2>&1 "
                + "</dev/null &");
        await World.Script("api-server", "stop");
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(60));
        }
        finally
        {
            await World.Script("api-server", "start");
        }

        Assert.Equal("500", (await world.Kubectl("-n", "shop", "exec", "visitor", "--", "cat", "/tmp/visited")).Trim());
        await task.Counts(500, () => Task.CompletedTask, TimeSpan.FromMinutes(2));
        _ = await task.Runs(pods: 3, nodes: 2, TimeSpan.FromMinutes(2));
        await task.Counts(100, () => world.Visit(600, 100));
        await task.CountsNoMore();
    }

    [SkippableFact]
    public async Task A_node_whose_agent_is_taken_away_is_told_of_and_the_others_go_on()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "agent-gone");
        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(100, () => world.Visit(0, 100));
        try
        {
            _ = await world.Kubectl("label", "node", "node2", $"{World.AgentLabel}-");
            var status = await task.Becomes("captures on one node",
                status => ProfilingTask.Nodes(status) == 1 && ProfilingTask.Phase(status) == "Running");
            Assert.Equal(2, (int)status["nodes"]!["desired"]!);
            await Agents.AssertEveryNodeCaptures(world, "node1");
        }
        finally
        {
            _ = await world.Kubectl("label", "node", "node2", $"{World.AgentLabel}=on", "--overwrite");
            await world.Kubectl("-n", World.System, "rollout", "status", "--timeout=120s", "daemonset/netprofiler-agent");
        }

        _ = await task.Runs(pods: 3, nodes: 2, TimeSpan.FromMinutes(2));
        await task.Counts(200, () => world.Visit(100, 200));
        await task.CountsNoMore();
    }

    private static int Restarts(System.Text.Json.Nodes.JsonNode pod) => (int)pod["status"]!["containerStatuses"]![0]!["restartCount"]!;

    /// <summary>The pod that holds the lease.</summary>
    private async Task<string> Leader() =>
        ((string?)(await world.Find(World.System, "lease", "netprofiler-operator"))?["spec"]?["holderIdentity"] ?? "").Split('_')[0];
}
