using System.Globalization;
using System.Text.Json.Nodes;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>
/// Plays the agents of all nodes: reads each configuration, and answers it as an agent would, with numbers that are the same every time.
/// It captures what it is told, and has finished when its targets are gone or the time is up.
/// </summary>
internal sealed class FakeAgents : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    private readonly TestCluster _cluster;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public FakeAgents(TestCluster cluster)
    {
        _cluster = cluster;
        _loop = Loop();
    }

    /// <summary>What an agent says of a task that it captures, beyond its state; may be changed while it plays.</summary>
    public Func<string, JsonObject, JsonObject> Report { get; set; } = (_, _) => [];

    /// <summary>Nodes whose agents say nothing.</summary>
    public HashSet<string> Silent { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private async Task Loop()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                foreach (var config in (JsonArray)(await _cluster.Api.Do(HttpMethod.Get, Fakes.ConfigPath("")[..^1]))["items"]!)
                    await Answer(config!);
            }
            catch (Exception cause) when (cause is HttpRequestException or InvalidOperationException or IOException)
            {
                // The server is away, as it is meant to be in some tests; or the configuration was deleted meanwhile.
            }

            await Task.Delay(Period, _end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task Answer(JsonNode config)
    {
        var name = (string)config["metadata"]!["name"]!;
        lock (Silent)
            if (Silent.Contains(name)) return;

        var told = (config["status"]?["tasks"] as JsonArray)?.ToDictionary(task => (string)task!["uid"]!, task => task!) ?? [];
        var tasks = (config["spec"]!["tasks"] as JsonArray ?? [])
            .Select(task => State(name, task!, told.GetValueOrDefault((string)task!["uid"]!))).ToArray();
        var status = new JsonObject
        {
            ["observedGeneration"] = (long)config["metadata"]!["generation"]!,
            ["agent"] = new JsonObject { ["version"] = "0.1.0", ["kernelRelease"] = "6.1.0-test" },
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "AgentReady",
                ["status"] = "True",
                ["reason"] = "Ready",
                ["message"] = "the node can be profiled",
                ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
            }),
            ["tasks"] = new JsonArray([.. tasks]),
        };
        if (JsonNode.DeepEquals(status, config["status"])) return;
        _ = await _cluster.Api.Do(HttpMethod.Patch, Fakes.ConfigPath(name) + "/status",
            new JsonObject { ["status"] = status }.ToJsonString(), ApiServer.MergePatch);
    }

    private JsonObject State(string node, JsonNode task, JsonNode? told)
    {
        int targets = (task["targets"] as JsonArray)?.Count ?? 0;
        bool isOver = targets == 0 || DateTimeOffset.Parse((string)task["notAfter"]!,
            CultureInfo.InvariantCulture) <= DateTimeOffset.UtcNow;
        var state = new JsonObject
        {
            ["uid"] = (string)task["uid"]!,
            ["generation"] = (long)task["generation"]!,
            ["state"] = isOver ? "Finished" : "Capturing",
            ["startTime"] = (string?)told?["startTime"]
                ?? DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["targets"] = new JsonObject { ["requested"] = targets, ["attached"] = targets, ["missing"] = 0 },
        };
        foreach (var (field, value) in Report(node, (JsonObject)task)) state[field] = value?.DeepClone();
        return state;
    }
}
