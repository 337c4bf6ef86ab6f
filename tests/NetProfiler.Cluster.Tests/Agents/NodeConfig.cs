using System.Globalization;
using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>One task's share, as the operator would write it.</summary>
internal sealed record Share(string Name, params Container[] Containers)
{
    public string Uid { get; init; } = Guid.NewGuid().ToString();

    public string Namespace { get; init; } = "shop";

    public DateTimeOffset NotAfter { get; init; } = DateTimeOffset.UtcNow.AddMinutes(10);

    public int MaxDurationSeconds { get; init; } = 600;

    public long Generation { get; init; } = 1;

    public string Direction { get; init; } = "Server";

    /// <summary>The plaintext of TLS is read, too.</summary>
    public bool ReadsTls { get; init; }

    /// <summary>Null: none is named.</summary>
    public string? Exporter { get; init; }

    /// <summary>Ids of containers that are nowhere.</summary>
    public IReadOnlyList<string> Lost { get; init; } = [];

    public JsonObject ToJson()
    {
        var share = Rules();
        if (ReadsTls) share["tls"] = new JsonObject { ["enabled"] = true };
        if (Exporter is not null) share["exportRef"] = new JsonObject { ["name"] = Exporter };
        return share;
    }

    private JsonObject Rules() => new()
    {
        ["uid"] = Uid,
        ["namespace"] = Namespace,
        ["name"] = Name,
        ["generation"] = Generation,
        ["notAfter"] = NotAfter.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        ["maxDurationSeconds"] = MaxDurationSeconds,
        ["direction"] = Direction,
        ["sampling"] = JsonNode.Parse("""
            {"topN": 5, "maxSamplesPerSecond": 1000, "rules": [{"name": "errors", "when4xx": true, "when5xx": true, "collect": {"request": "Headers", "response": "Full"}}]}
            """),
        ["targets"] = new JsonArray([.. Containers.Select(container => container.Id).Concat(Lost)
            .Select((id, index) => (JsonNode)new JsonObject
        {
            ["podName"] = $"cart-{index}",
            ["podUID"] = Guid.NewGuid().ToString(),
            ["workload"] = "Deployment/cart",
            ["containerName"] = "app",
            ["containerID"] = $"containerd://{id}",
        })]),
    };
}

/// <summary>A node's configuration, written here in the operator's place.</summary>
internal sealed class NodeConfig(TestCluster cluster, string node) : IAsyncDisposable
{
    private readonly string _path = Fakes.ConfigPath(node);

    public async Task Set(params Share[] shares)
    {
        var config = new JsonObject
        {
            ["apiVersion"] = "netprofiler.dev/v1alpha1",
            ["kind"] = "NodeProfilingConfig",
            ["metadata"] = new JsonObject { ["name"] = node, ["namespace"] = TestCluster.SystemNamespace },
            ["spec"] = new JsonObject
            {
                ["reporting"] = new JsonObject { ["periodSeconds"] = 1 },
                ["tasks"] = new JsonArray([.. shares.OrderBy(share => share.Uid, StringComparer.Ordinal).Select(share => share.ToJson())]),
            },
        };
        var (code, body) = await cluster.Api.TryApply(_path, config.ToJsonString());
        Assert.True((int)code < 300, (string?)body["message"]);
    }

    public async Task Delete() => _ = await cluster.Api.Send(HttpMethod.Delete, _path);

    public async Task<JsonNode?> Find() => await cluster.Api.Find(_path);

    /// <summary>What the agent says of a task, once it is so.</summary>
    public async Task<JsonNode> Says(Share share, string promise, Func<JsonNode, bool> isSo, TimeSpan? patience = null) =>
        await Eventually.Is(
        $"task {share.Name} on {node} {promise}", async () => TaskOf(await Find(), share) ?? new JsonObject(), isSo, patience);

    public Task<JsonNode> Is(Share share, string state) => Says(share, $"is {state}", task => (string?)task["state"] == state);

    /// <summary>The counts are those of the log, and stay so.</summary>
    public async Task<JsonNode> Counts(Share share, params IReadOnlyList<Logged>[] logs)
    {
        var truth = logs.SelectMany(log => log).ToList();
        var task = await Says(share, $"has counted {truth.Count} requests", one => (long?)one["counts"]?["requests"] >= truth.Count);
        AssertCounts(task, truth);
        return task;
    }

    public static void AssertCounts(JsonNode task, IReadOnlyList<Logged> truth)
    {
        var counts = task["counts"]!;
        Assert.Equal(
            (truth.Count, OfClass(2), OfClass(4), OfClass(5), 0, truth.Sum(one => one.RequestBytes), truth.Sum(one => one.ResponseBytes),
                OfClass(4) + OfClass(5)),
            ((int)Of("requests"), (int)Of("responses2xx"), (int)Of("responses4xx"), (int)Of("responses5xx"), (int)Of("unparsed"),
                Of("requestBytes"), Of("responseBytes"), (int)Of("sampled")));
        Assert.Equal((0, 0), ((int)Of("droppedEvents"), (int)Of("droppedSamples")));

        int OfClass(int hundreds) => truth.Count(one => one.Status / 100 == hundreds);
        long Of(string name) => (long)counts[name]!;
    }

    public async ValueTask DisposeAsync() => await Delete();

    private static JsonNode? TaskOf(JsonNode? config, Share share) =>
        (config?["status"]?["tasks"] as JsonArray ?? []).FirstOrDefault(task => (string?)task!["uid"] == share.Uid);
}
