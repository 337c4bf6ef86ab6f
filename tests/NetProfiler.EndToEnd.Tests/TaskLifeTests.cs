using System.Globalization;
using NetProfiler.EndToEnd.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>What becomes of a task: at every step the kernel holds what its status says, and no more.</summary>
[Collection(WorldCollection.Name)]
public sealed class TaskLifeTests(World world)
{
    /// <summary>From what a user does to what the kernel holds.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task A_task_that_is_deleted_in_mid_flight_leaves_nothing_attached()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "deleted");
        _ = await task.Runs(pods: 3, nodes: 2);
        await Agents.AssertEveryNodeCaptures(world, "node1", "node2");

        var visits = world.Visit(0, 4000);
        await task.DisposeAsync();
        await Agents.AssertNothingIsAttached(world);
        await visits;
    }

    [SkippableFact]
    public async Task Suspended_it_holds_nothing_and_counts_nothing_and_resumed_it_goes_on()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "suspended");
        _ = await task.Runs(pods: 3, nodes: 2);
        await task.Counts(200, () => world.Visit(0, 200));

        await task.Patch("""{"spec": {"suspend": true}}""");
        var suspended = await task.Is("Suspended", Soon);
        Assert.Equal("True", ProfilingTask.Condition(suspended, "Suspended"));
        await Agents.AssertNothingIsAttached(world);
        await world.Visit(200, 100);

        await task.Patch("""{"spec": {"suspend": false}}""");
        _ = await task.Runs(pods: 3, nodes: 2, Soon);
        await task.Counts(150, () => world.Visit(300, 150));
        await task.CountsNoMore();
    }

    [SkippableFact]
    public async Task An_edited_deadline_is_a_later_one_and_costs_no_count()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "edited", deadlineSeconds: 600);
        var before = Deadline(await task.Runs(pods: 3, nodes: 2));
        await task.Counts(100, async () =>
        {
            await world.Visit(0, 50);
            await task.Patch("""{"spec": {"activeDeadlineSeconds": 900}}""");
            _ = await task.Becomes("has a later deadline", status => Deadline(status) == before.AddSeconds(300));
            await world.Visit(50, 50);
        });
        await task.CountsNoMore();

        static DateTimeOffset Deadline(System.Text.Json.Nodes.JsonNode status) =>
            DateTimeOffset.Parse((string)status["deadlineTime"]!, CultureInfo.InvariantCulture);
    }

    [SkippableFact]
    public async Task At_its_deadline_it_is_complete_with_everything_counted_and_nothing_attached()
    {
        World.Require();
        await using var task = await ProfilingTask.OfCart(world, "expires", deadlineSeconds: 30);
        _ = await task.Runs(pods: 3, nodes: 2);
        await world.Visit(0, 300);

        var status = await task.Is("Completed", TimeSpan.FromSeconds(90));
        Assert.Equal("True", ProfilingTask.Condition(status, "Complete"));
        Assert.Equal(300, ProfilingTask.Requests(status));
        Assert.Equal(0, ProfilingTask.Nodes(status));
        await Agents.AssertNothingIsAttached(world);
    }

    [SkippableFact]
    public async Task Nodes_without_its_pods_hold_nothing()
    {
        World.Require();
        await using var task = await ProfilingTask.Create(world, "one-node",
            "{targets: [{podSelector: {matchLabels: {app: edge}}}], nodeSelector: {kubernetes.io/hostname: node1}, "
                + "activeDeadlineSeconds: 600}");
        _ = await task.Runs(pods: 1, nodes: 1);
        await Agents.AssertEveryNodeCaptures(world, "node1");
    }
}
