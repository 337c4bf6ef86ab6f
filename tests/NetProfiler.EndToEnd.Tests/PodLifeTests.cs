using NetProfiler.Cluster.Tests.Support;
using NetProfiler.EndToEnd.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>Pods come, go, move and break while a task runs. Whoever is up when a request is made is counted.</summary>
[Collection(WorldCollection.Name)]
public sealed class PodLifeTests(World world)
{
    [SkippableFact]
    public async Task Scaled_up_to_twenty_and_down_again_every_pod_is_counted()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "scaled");
        _ = await task.Runs(pods: 3, nodes: 2);
        try
        {
            await Scale(20);
            _ = await task.Runs(pods: 20, nodes: 2, TimeSpan.FromMinutes(2));
            await task.Counts(1000, () => world.Visit(0, 1000, connections: 40));
        }
        finally
        {
            await Scale(3);
            await world.SpreadCarts();
        }

        _ = await task.Runs(pods: 3, nodes: 2, TimeSpan.FromMinutes(2));
        await task.Counts(200, () => world.Visit(0, 200));
        await task.CountsNoMore();
    }

    [SkippableFact]
    public async Task A_pod_that_moves_to_another_node_is_counted_there()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "moved");
        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(100, () => world.Visit(0, 100));
        try
        {
            _ = await world.Kubectl("cordon", "node1");
            foreach (var pod in (await world.List("shop", "pods", "app=cart")).Where(pod => (string?)pod["spec"]!["nodeName"] == "node1"))
                _ = await world.Kubectl("-n", "shop", "delete", "pod", Agents.NameOf(pod));
            await world.Rollout("cart");

            _ = await task.Runs(pods: 3, nodes: 1);
            await Agents.AssertEveryNodeCaptures(world, "node2");
            await task.Counts(200, () => world.Visit(100, 200));
            await task.CountsNoMore();
        }
        finally
        {
            _ = await world.Kubectl("uncordon", "node1");
            await world.SpreadCarts();
        }

        _ = await task.Runs(pods: 3, nodes: 2);
    }

    [SkippableFact]
    public async Task A_container_that_is_restarted_is_counted_again()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "restarted");
        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(100, () => world.Visit(0, 100));

        var pod = Agents.NameOf((await world.List("shop", "pods", "app=cart"))[0]);
        _ = await world.TryKubectl("-n", "shop", "exec", pod, "--", "sh", "-c", "kill 1");
        await Eventually.IsTrue($"{pod} is restarted and ready", async () =>
            (await world.Find("shop", "pod", pod))!["status"]!["containerStatuses"]![0] is { } container
                && (int)container["restartCount"]! > 0 && (bool)container["ready"]!);
        var id = (string)(await world.Find("shop", "pod", pod))!["status"]!["containerStatuses"]![0]!["containerID"]!;
        await Eventually.IsTrue("the new container is captured", async () =>
            (await Task.WhenAll((await Agents.Pods(world)).Values.Select(agent => Agents.Metrics(world, agent))))
                .Any(text => text.Contains($"container_id=\"{id.Split("://")[1]}\"", StringComparison.Ordinal)));

        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(300, () => world.Visit(100, 300));
        await task.CountsNoMore();
    }

    private async Task Scale(int replicas)
    {
        _ = await world.Kubectl("-n", "shop", "scale", "deployment/cart", $"--replicas={replicas}");
        await world.Rollout("cart");
    }
}
