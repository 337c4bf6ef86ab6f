using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>The operator and an agent, neither of them played, and what a user sees of both.</summary>
[Collection(ClusterCollection.Name)]
public sealed class WholeStoryTests(TestCluster cluster)
{
    [SkippableFact]
    public async Task A_task_runs_counts_what_was_asked_and_is_complete_with_all_of_it()
    {
        await using var agent = await NodeAgent.Start(cluster, "story-a");
        _ = await cluster.Operator();
        await agent.IsReady();
        await using var container = await Container.Start(caller: IPAddress.Parse("127.0.0.77"));
        await using var fakes = new Fakes(cluster);
        await fakes.Namespace("story");
        await fakes.Node("story-a");
        await fakes.Pod("story", "cart", "story-a");
        await fakes.PodRuns("story", "cart", containerId: $"containerd://{container.Id}");
        await fakes.Pod("story", "shopper", "story-a", app: "shopper");
        await fakes.PodRuns("story", "shopper", address: "127.0.0.77");

        await fakes.Task("story", "task", """
            {targets: [{podSelector: {matchLabels: {app: cart}}}], activeDeadlineSeconds: 40, sampling: {rules: [{name: errors, when5xx: true}]}}
            """);
        var task = await cluster.TaskIsIn("story", "task", "Running");
        Assert.Equal((1, 1), ((int)task["status"]!["nodes"]!["desired"]!, (int)task["status"]!["nodes"]!["capturing"]!));
        await Eventually.IsTrue("addresses are known",
            async () => (await agent.Read("/metrics")).Text.Contains("\nnetprofiler_agent_addresses ", StringComparison.Ordinal)
            && !(await agent.Read("/metrics")).Text.Contains("\nnetprofiler_agent_addresses 0\n", StringComparison.Ordinal));
        await container.Drive(300);

        AssertCounted(await cluster.TaskIs("story", "task", "has counted",
            one => (int?)one["status"]!["summary"]?["requests"] >= container.Log.Count), container.Log);
        task = await cluster.TaskIsIn("story", "task", "Completed");
        AssertCounted(task, container.Log);
        Assert.Equal("DeadlineReached", task.Reason("Complete"));
        Assert.Equal(["Pod story/shopper"], ((JsonArray)task["status"]!["peers"]!).Where(peer => (string?)peer!["role"] == "Server")
            .Select(peer => $"{peer!["remote"]!["kind"]} {peer["remote"]!["namespace"]}/{peer["remote"]!["name"]}").Distinct());
        Assert.Equal("story/shopper", (string?)task["status"]!["topTraces"]!["serverErrors"]![0]!["peer"]);
        await agent.HoldsNothingInKernel();
    }

    [SkippableFact]
    public async Task An_agent_that_falls_silent_is_named_within_45_seconds_and_counts_what_it_missed_when_it_is_back()
    {
        await using var agent = await NodeAgent.Start(cluster, "silent-a");
        _ = await cluster.Operator();
        await agent.IsReady();
        await using var container = await Container.Start();
        await using var fakes = new Fakes(cluster);
        await fakes.Namespace("silent");
        await fakes.Node("silent-a");
        await fakes.Pod("silent", "cart", "silent-a");
        await fakes.PodRuns("silent", "cart", containerId: $"containerd://{container.Id}");
        await fakes.Task("silent", "task", """
            {targets: [{podSelector: {matchLabels: {app: cart}}}], activeDeadlineSeconds: 300, sampling: {rules: [{name: errors, when5xx: true}]}}
            """);
        _ = await cluster.TaskIsIn("silent", "task", "Running");

        agent.Pause();
        var silence = Stopwatch.StartNew();
        await container.Drive(100);
        var task = await cluster.TaskIs("silent", "task", "names the silent node",
            one => (int?)one["status"]!["nodes"]!["unreachable"] == 1);
        Assert.InRange(silence.Elapsed.TotalSeconds, 10, 45);
        Assert.Equal("NodesUnreachable", task.Reason("Degraded"));
        Assert.Equal(("silent-a", "AgentNotReady"),
            ((string?)task["status"]!["nodeFailures"]![0]!["nodeName"], (string?)task["status"]!["nodeFailures"]![0]!["reason"]));

        agent.Continue();
        task = await cluster.TaskIs("silent", "task", "has heard of it again", one =>
            (int?)one["status"]!["nodes"]!["unreachable"] == 0 && (int?)one["status"]!["summary"]?["requests"] >= container.Log.Count);
        AssertCounted(task, container.Log);
        Assert.Equal("False", task.Condition("Degraded"));
    }

    private static void AssertCounted(JsonNode task, IReadOnlyList<Logged> truth)
    {
        var summary = task["status"]!["summary"]!;
        Assert.Equal(
            (truth.Count, truth.Count(one => one.Status == 404), truth.Count(one => one.Status == 503), truth.Sum(one => one.RequestBytes),
                truth.Sum(one => one.ResponseBytes)),
            ((int)summary["requests"]!, (int)summary["responses4xx"]!, (int)summary["responses5xx"]!, (long)summary["requestBytes"]!,
                (long)summary["responseBytes"]!));
    }
}
