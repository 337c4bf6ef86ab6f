using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>Two replicas, one lease.</summary>
[Collection(ClusterCollection.Name)]
public sealed class LeadershipTests(TestCluster cluster) : OwnOperatorTests(cluster)
{
    [SkippableFact]
    public async Task One_of_two_leads_and_the_other_is_ready()
    {
        var leader = await Lead();
        var follower = await Start();
        await Eventually.IsTrue("the follower is ready", () => follower.Answers("/readyz"));

        Assert.Equal((1, 0), (await leader.Metric("leader_election_master_status"),
            await follower.Metric("leader_election_master_status")));
        // Series of tasks would be doubled in every sum.
        Assert.Equal((0, null), (await leader.Metric("netprofiler_tasks_not_shown"), await follower.Metric("netprofiler_tasks_not_shown")));
    }

    [SkippableFact]
    public async Task The_follower_takes_over_from_a_leader_that_stops()
    {
        var leader = await Lead();
        var follower = await Start();
        await Eventually.IsTrue("the follower is ready", () => follower.Answers("/readyz"));

        Assert.Equal(0, await leader.Stop());
        await follower.Leads();
        await OnePod("takeover");
        await Fakes.Task("takeover", "task", OfCart);
        _ = await Cluster.TaskIsIn("takeover", "task", "Running");
    }

    [SkippableFact]
    public async Task A_leader_that_slept_too_long_finds_another_in_its_place_and_ends()
    {
        var sleeper = await Lead(leaseSeconds: 6);
        var follower = await Start(leaseSeconds: 6);
        await OnePod("sleep");
        await Fakes.Task("sleep", "task", OfCart);
        _ = await Cluster.TaskIsIn("sleep", "task", "Running");

        sleeper.Pause();
        await follower.Leads();
        await Fakes.Task("sleep", "task", OfCart.Replace("{targets", "{suspend: true, targets", StringComparison.Ordinal));
        _ = await Cluster.TaskIsIn("sleep", "task", "Suspended");

        sleeper.Continue();
        Assert.NotEqual(0, await sleeper.Ended());
        var task = await Cluster.TaskIsIn("sleep", "task", "Suspended");
        Assert.Equal("True", task.Condition("Suspended"));
        Assert.Equal(1, await follower.Metric("leader_election_master_status"));
    }
}
