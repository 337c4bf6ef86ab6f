using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.EndToEnd.Tests.Support;

/// <summary>A task of the namespace shop, deleted at the end of its test.</summary>
internal sealed class ProfilingTask : IAsyncDisposable
{
    /// <summary>Longer than two of an agent's reports and the operator's pause, on a busy machine.</summary>
    private static readonly TimeSpan ReportTime = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ReportPeriod = TimeSpan.FromSeconds(10);

    private readonly World _world;
    private long _counted;

    private ProfilingTask(World world, string name) => (_world, Name) = (world, name);

    public string Name { get; }

    /// <param name="specification">In YAML's flow style.</param>
    public static async Task<ProfilingTask> Create(World world, string name, string specification)
    {
        // The first line says that it is not JSON.
        await world.Apply($"---\n{{apiVersion: netprofiler.dev/v1alpha1, kind: NetworkProfilingTask, metadata: {{name: {name}, "
            + $"namespace: shop}}, spec: {specification}}}");
        return new(world, name);
    }

    /// <summary>One that is there already.</summary>
    public static ProfilingTask Of(World world, string name) => new(world, name);

    /// <summary>Of the cart's three pods on both nodes: what they answer, and failures sampled.</summary>
    public static async Task<ProfilingTask> OfCart(World world, string name, int deadlineSeconds = 1200)
    {
        await world.SpreadCarts();
        return await Create(world, name,
            $"{{targets: [{{podSelector: {{matchLabels: {{app: cart}}}}}}], direction: Server, activeDeadlineSeconds: {deadlineSeconds}, "
                + $"sampling: {{rules: [{{name: failed, when4xx: true, when5xx: true}}]}}}}");
    }

    public async Task<JsonNode> Status()
    {
        var task = await _world.Find("shop", "networkprofilingtask", Name);
        return task?["status"]?.DeepClone() ?? new JsonObject();
    }

    public Task<JsonNode> Becomes(string promise, Func<JsonNode, bool> isSo, TimeSpan? patience = null) =>
        Eventually.Is($"task {Name}: {promise}", Status, isSo, patience ?? ReportTime);

    public Task<JsonNode> Runs(int pods, int nodes, TimeSpan? patience = null) =>
        Becomes($"runs, with {pods} pods on {nodes} nodes",
            status => Phase(status) == "Running" && Pods(status) == pods && Nodes(status) == nodes, patience);

    public Task<JsonNode> Is(string phase, TimeSpan? patience = null) => Becomes($"is {phase}", status => Phase(status) == phase, patience);

    public Task Patch(string merge) => _world.Kubectl("-n", "shop", "patch", "networkprofilingtask", Name, "--type=merge", "-p", merge);

    /// <summary>These requests are counted beyond all before; that there are no more is told by <see cref="CountsNoMore"/>.</summary>
    public async Task Counts(int requests, Func<Task> drive, TimeSpan? patience = null)
    {
        _counted += requests;
        await drive();
        var status = await Becomes($"has counted {_counted} requests", status => Requests(status) >= _counted, patience);
        Assert.Equal(_counted, Requests(status));
    }

    /// <summary>Every node has reported once more, and nothing was added.</summary>
    public async Task CountsNoMore()
    {
        await Task.Delay(ReportPeriod + TimeSpan.FromSeconds(4));
        Assert.Equal(_counted, Requests(await Status()));
    }

    /// <summary>The status, once no count has changed for longer than a report takes.</summary>
    public async Task<JsonNode> Settled()
    {
        var (last, since) = (await Status(), DateTime.UtcNow);
        while (DateTime.UtcNow - since < ReportPeriod + TimeSpan.FromSeconds(4))
        {
            await Task.Delay(500);
            var now = await Status();
            if (Requests(now) != Requests(last)) since = DateTime.UtcNow;
            last = now;
        }

        return last;
    }

    public async ValueTask DisposeAsync() =>
        await _world.Kubectl("-n", "shop", "delete", "networkprofilingtask", Name, "--ignore-not-found");

    public static string? Phase(JsonNode status) => (string?)status["phase"];

    public static int? Pods(JsonNode status) => (int?)status["targets"]?["pods"];

    public static int? Nodes(JsonNode status) => (int?)status["nodes"]?["capturing"];

    public static long Requests(JsonNode status) => (long?)status["summary"]?["requests"] ?? 0;

    public static string? Condition(JsonNode status, string type) =>
        (string?)status["conditions"]?.AsArray().FirstOrDefault(one => (string?)one!["type"] == type)?["status"];
}
