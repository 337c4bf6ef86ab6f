using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>
/// A test of the operator, with nodes and pods that are made for it and agents that answer. All of it ends with the test.
/// </summary>
public abstract class OperatorTests(TestCluster cluster) : IAsyncLifetime
{
    protected const string OfCart = "{targets: [{podSelector: {matchLabels: {app: cart}}}]}";

    private FakeAgents? _agents;

    internal TestCluster Cluster { get; } = cluster;

    internal Fakes Fakes { get; } = new(cluster);

    public Task InitializeAsync()
    {
        if (Cluster.Missing is null) _agents = new(Cluster) { Report = Report };
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync()
    {
        if (_agents is not null) await _agents.DisposeAsync();
        await Fakes.DisposeAsync();
    }

    /// <summary>What agents say beyond their state.</summary>
    protected virtual JsonObject Report(string node, JsonObject task) => Reports.Of(10);

    /// <summary>A namespace, and a node whose name is the namespace's and "-a".</summary>
    protected async Task OneNode(string name)
    {
        await Fakes.Namespace(name);
        await Fakes.Node($"{name}-a");
    }

    /// <summary>And a pod on it.</summary>
    protected async Task OnePod(string name)
    {
        await OneNode(name);
        await Fakes.Pod(name, "cart", $"{name}-a");
    }

    internal Task<JsonNode> ConfigHas(string node, string task, params string[] containers) =>
        Cluster.ConfigIs(node, $"has {string.Join(", ", containers)} of {task}",
            config => config.Targets().TryGetValue(task, out var targets) && targets.SequenceEqual(containers));
}

/// <summary>A test that starts and ends operators of its own; the shared one is stopped before.</summary>
public abstract class OwnOperatorTests(TestCluster cluster) : OperatorTests(cluster)
{
    private readonly List<OperatorProcess> _started = [];

    public override async Task DisposeAsync()
    {
        foreach (var process in _started) await process.DisposeAsync();
        await base.DisposeAsync();
    }

    internal async Task<OperatorProcess> Lead(int leaseSeconds = 0)
    {
        await Cluster.StopOperator();
        return Remember(await OperatorProcess.Lead(Cluster, leaseSeconds));
    }

    internal async Task<OperatorProcess> Start(OperatorProcess? alike = null, int leaseSeconds = 0)
    {
        await Cluster.StopOperator();
        return Remember(await OperatorProcess.Start(Cluster, alike, leaseSeconds));
    }

    private OperatorProcess Remember(OperatorProcess process)
    {
        _started.Add(process);
        return process;
    }
}
