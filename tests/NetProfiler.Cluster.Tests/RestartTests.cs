using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>The operator is away, and comes back to a world that went on without it.</summary>
[Collection(ClusterCollection.Name)]
public sealed class RestartTests(TestCluster cluster) : OwnOperatorTests(cluster)
{
    [SkippableFact]
    public async Task A_task_that_was_made_while_it_was_away_is_started()
    {
        var before = await Lead();
        await OnePod("made");
        Assert.Equal(0, await before.Stop());

        await Fakes.Task("made", "task", OfCart);
        _ = await Lead();
        _ = await ConfigHas("made-a", "made/task", "containerd://made-cart-app-0");
        _ = await Cluster.TaskIsIn("made", "task", "Running");
    }

    [SkippableFact]
    public async Task A_task_that_was_deleted_while_it_was_away_is_captured_nowhere()
    {
        var before = await Lead();
        await OnePod("deleted");
        await Fakes.Task("deleted", "task", OfCart);
        _ = await Cluster.TaskIsIn("deleted", "task", "Running");
        await before.Kill(Cluster);

        await Fakes.Delete(Fakes.TaskPath("deleted", "task"));
        Assert.Null(await Cluster.Api.Find(Fakes.TaskPath("deleted", "task")));
        _ = await Lead();
        _ = await Cluster.ConfigIs("deleted-a", "is gone", config => config["metadata"] is null);
    }

    [SkippableFact]
    public async Task A_task_that_was_suspended_and_a_pod_that_moved_while_it_was_away_are_seen()
    {
        var before = await Lead();
        await OnePod("changed");
        await Fakes.Node("changed-b");
        await Fakes.Task("changed", "moved", OfCart);
        await Fakes.Task("changed", "suspended", OfCart);
        _ = await Cluster.TaskIsIn("changed", "moved", "Running");
        _ = await Cluster.TaskIsIn("changed", "suspended", "Running");
        await before.Kill(Cluster);

        await Fakes.Task("changed", "suspended", OfCart.Replace("{targets", "{suspend: true, targets", StringComparison.Ordinal));
        await Fakes.Delete("/api/v1/namespaces/changed/pods/cart");
        await Fakes.Pod("changed", "cart", "changed-b");
        _ = await Lead();
        _ = await Cluster.TaskIsIn("changed", "suspended", "Suspended");
        _ = await ConfigHas("changed-b", "changed/moved", "containerd://changed-cart-app-0");
        _ = await Cluster.ConfigIs("changed-a", "has no target", config => config.Targets().Count == 0);
    }

    [SkippableFact]
    public async Task A_restart_changes_nothing_where_nothing_changed()
    {
        var before = await Lead();
        await OnePod("same");
        await Fakes.Task("same", "task", OfCart);
        _ = await Cluster.TaskIs("same", "task", "counts",
            task => (long?)task["status"]?["summary"]?["requests"] == 10 && task.Phase() == "Running");
        // Until every write of the start is done: a status is written at most every two seconds.
        var last = await Settled("same", "task");
        await before.Kill(Cluster);

        var after = await Lead();
        Assert.Equal(last, await Settled("same", "task"));
        Assert.Equal(0, await after.Metric("netprofiler_operator_writes_total") ?? 0);
    }

    [SkippableFact]
    public async Task A_graceful_stop_gives_the_lease_away_and_ends_well()
    {
        var process = await Lead();
        Assert.NotEqual("", await OperatorProcess.LeaseHolder(Cluster));

        Assert.Equal(0, await process.Stop());
        Assert.True(await OperatorProcess.LeaseHolder(Cluster) is "" or null);
    }

    /// <summary>
    /// The version of a task that has not changed for three seconds, which is more than the operator waits with any write.
    /// </summary>
    private async Task<(string, string)> Settled(string @namespace, string name)
    {
        for (var last = await Versions(); ; )
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            var now = await Versions();
            if (now == last) return now;
            last = now;
        }

        async Task<(string, string)> Versions() =>
            ((string)(await Cluster.Api.Find(Fakes.TaskPath(@namespace, name)))!["metadata"]!["resourceVersion"]!,
                (string)(await Cluster.Api.Find(Fakes.ConfigPath($"{@namespace}-a")))!["metadata"]!["resourceVersion"]!);
    }
}
