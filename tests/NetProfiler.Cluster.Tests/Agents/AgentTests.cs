using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>The agent itself, over real control groups and real traffic, told what to do by configurations of a real API server.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AgentTests(TestCluster cluster)
{
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
        Assert.Equal((2, 2, 0), ((int)task["targets"]!["requested"]!, (int)task["targets"]!["attached"]!, (int)task["targets"]!["missing"]!));
        Assert.Equal(5, ((JsonArray)task["topTraces"]!["serverErrors"]!).Count);
        Assert.All((JsonArray)task["topTraces"]!["serverErrors"]!, trace => Assert.StartsWith("/broken?n=[masked:", (string?)trace!["uri"], StringComparison.Ordinal));
    }
}
