using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>A node with its agent and its configuration, and no operator.</summary>
internal sealed class Node : IAsyncDisposable
{
    private Node(NodeConfig config, NodeAgent agent) => (Config, Agent) = (config, agent);

    public NodeConfig Config { get; }

    public NodeAgent Agent { get; set; }

    public static async Task<Node> Start(TestCluster cluster, string name, params string[] more)
    {
        // It would take a configuration that it did not write away.
        await cluster.StopOperator();
        var agent = await NodeAgent.Start(cluster, name, more);
        var node = new Node(new(cluster, name), agent);
        await agent.IsReady();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await Config.DisposeAsync();
    }
}
