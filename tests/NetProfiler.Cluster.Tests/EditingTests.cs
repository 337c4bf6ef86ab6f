using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>Others change what the operator looks after, at the same time as it.</summary>
[Collection(ClusterCollection.Name)]
public sealed class EditingTests(TestCluster cluster) : OperatorTests(cluster)
{
    [SkippableFact]
    public async Task A_task_that_somebody_else_keeps_editing_is_reported_all_the_same()
    {
        var process = await Cluster.Operator();
        await OnePod("edited");
        await Fakes.Task("edited", "task", OfCart);

        using var end = new CancellationTokenSource();
        var edits = 0;
        var editing = Task.Run(async () =>
        {
            for (; !end.IsCancellationRequested; edits++)
            {
                _ = await Cluster.Api.Send(HttpMethod.Patch, Fakes.TaskPath("edited", "task"), $$"""{"metadata": {"annotations": {"edit": "{{edits}}"} } }""", ApiServer.MergePatch);
                await Task.Delay(10);
            }
        });

        try
        {
            _ = await Cluster.TaskIs("edited", "task", "counts",
                task => (long?)task["status"]?["summary"]?["requests"] == 10 && task.Phase() == "Running");
            await Fakes.Node("edited-b");
            await Fakes.Pod("edited", "cart-b", "edited-b");
            _ = await Cluster.TaskIs("edited", "task", "counts both", task => (long?)task["status"]?["summary"]?["requests"] == 20);
        }
        finally
        {
            await end.CancelAsync();
            await editing;
        }

        Assert.True(edits > 10);
        Assert.DoesNotContain("fail:", process.Said);
        Assert.DoesNotContain("\"Error\"", process.Said);
    }

    [SkippableFact]
    public async Task A_task_of_the_same_name_that_comes_later_is_another_one()
    {
        _ = await Cluster.Operator();
        await OnePod("again");
        await Fakes.Task("again", "task", OfCart);
        var first = await Cluster.TaskIsIn("again", "task", "Running");

        await Fakes.Delete(Fakes.TaskPath("again", "task"));
        await Fakes.Task("again", "task", "{targets: [{podSelector: {matchLabels: {app: cart}}}], direction: Server}");
        var second = await Cluster.TaskIsIn("again", "task", "Running");
        Assert.NotEqual(first.Uid(), second.Uid());

        var config = await Cluster.ConfigIs("again-a", "has the second alone",
            config => config["spec"]?["tasks"] is System.Text.Json.Nodes.JsonArray { Count: 1 });
        Assert.Equal((second.Uid(), "Server"),
            ((string?)config["spec"]!["tasks"]![0]!["uid"], (string?)config["spec"]!["tasks"]![0]!["direction"]));
    }

    [SkippableFact]
    public async Task A_configuration_that_somebody_deleted_or_changed_is_made_good()
    {
        _ = await Cluster.Operator();
        await OnePod("repaired");
        await Fakes.Task("repaired", "task", OfCart);
        var before = await ConfigHas("repaired-a", "repaired/task", "containerd://repaired-cart-app-0");

        await Fakes.Delete(Fakes.ConfigPath("repaired-a"));
        _ = await Cluster.ConfigIs("repaired-a", "is made anew", config => config.Targets().Count == 1 && config.Uid() != before.Uid());

        _ = await Cluster.Api.Do(HttpMethod.Patch, Fakes.ConfigPath("repaired-a"), """{"spec": {"tasks": []}}""", ApiServer.MergePatch);
        _ = await ConfigHas("repaired-a", "repaired/task", "containerd://repaired-cart-app-0");
    }

    [SkippableFact]
    public async Task The_end_of_a_namespace_is_the_end_of_its_tasks()
    {
        Cluster.RequireControllerManager();
        var process = await Cluster.Operator();
        await OnePod("doomed");
        await Fakes.Task("doomed", "task", OfCart);
        _ = await Cluster.TaskIsIn("doomed", "task", "Running");

        await Fakes.Delete("/api/v1/namespaces/doomed");
        await Cluster.TaskIsGone("doomed", "task");
        _ = await Cluster.ConfigIs("doomed-a", "is gone", config => config["metadata"] is null);
        Assert.False(process.HasExited);
    }

    [SkippableFact]
    public async Task The_operator_lives_through_the_absence_of_its_kind()
    {
        Cluster.RequireOurs();
        var process = await Cluster.Operator();
        await OnePod("kindless");
        await Fakes.Task("kindless", "task", OfCart);
        _ = await Cluster.TaskIsIn("kindless", "task", "Running");

        const string Definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/networkprofilingtasks.netprofiler.dev";
        await Fakes.Delete(Definition);
        try
        {
            await Eventually.IsTrue("the kind is gone", async () => await Cluster.Api.Find(Definition) is null);
        }
        finally
        {
            await Cluster.InstallDefinitions();
        }

        _ = await Cluster.ConfigIs("kindless-a", "is gone", config => config["metadata"] is null);
        await Fakes.Task("kindless", "task", OfCart);
        _ = await Cluster.TaskIsIn("kindless", "task", "Running");
        Assert.False(process.HasExited);
    }
}
