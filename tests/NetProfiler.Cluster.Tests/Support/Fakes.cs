using System.Net;
using System.Text.Json.Nodes;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>Nodes and pods that nobody runs: they are what is written of them. Everything made here goes when it is disposed of.</summary>
internal sealed class Fakes(TestCluster cluster) : IAsyncDisposable
{
    private readonly List<string> _made = [];

    public async Task Namespace(string name)
    {
        await Make("/api/v1/namespaces", new() { ["apiVersion"] = "v1", ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = name } });
        if (!cluster.HasControllerManager) return;
        await Eventually.IsTrue($"namespace {name} has its service account", async () =>
            await cluster.Api.Find($"/api/v1/namespaces/{name}/serviceaccounts/default") is not null);
    }

    public async Task Node(string name, bool isReady = true, params (string Key, string Value)[] labels)
    {
        var metadata = new JsonObject { ["name"] = name,
            ["labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))) };
        await Make("/api/v1/nodes", new() { ["apiVersion"] = "v1", ["kind"] = "Node", ["metadata"] = metadata });
        await NodeIs(name, isReady);
    }

    public async Task NodeIs(string name, bool isReady) =>
        _ = await cluster.Api.Do(HttpMethod.Patch, $"/api/v1/nodes/{name}/status", $$"""
            {"status": {"conditions": [{"type": "Ready", "status": "{{isReady}}", "reason": "Test", "message": "as the test says"} ]} }
            """, "application/strategic-merge-patch+json");

    /// <summary>A running pod.</summary>
    public async Task Pod(
        string @namespace, string name, string node, string app = "cart", string[]? containers = null, JsonObject? owner = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = @namespace, ["labels"] = new JsonObject { ["app"] = app } };
        if (owner is not null) metadata["ownerReferences"] = new JsonArray(owner);
        var images = (containers ?? ["app"])
            .Select(container => (JsonNode)new JsonObject { ["name"] = container, ["image"] = "none" }).ToArray();
        await Make($"/api/v1/namespaces/{@namespace}/pods", new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["nodeName"] = node, ["containers"] = new JsonArray(images), ["terminationGracePeriodSeconds"] = 0,
                ["automountServiceAccountToken"] = false },
        });
        await PodRuns(@namespace, name, containers);
    }

    /// <summary>
    /// Its containers run; <paramref name="restarts"/> makes their ids others, <paramref name="containerId"/> a real one's.
    /// </summary>
    public async Task PodRuns(string @namespace, string name, string[]? containers = null, int restarts = 0, string? containerId = null,
        string address = "10.0.0.1")
    {
        var statuses = (containers ?? ["app"]).Select(container => (JsonNode)new JsonObject
        {
            ["name"] = container,
            ["image"] = "none",
            ["imageID"] = "none",
            ["ready"] = true,
            ["started"] = true,
            ["restartCount"] = restarts,
            ["containerID"] = containerId ?? $"containerd://{@namespace}-{name}-{container}-{restarts}",
            ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-01-01T00:00:00Z" } },
        }).ToArray();
        await PatchPod(@namespace, name, new() { ["phase"] = "Running", ["podIP"] = address,
            ["containerStatuses"] = new JsonArray(statuses) });
    }

    public Task PodEnds(string @namespace, string name) =>
        PatchPod(@namespace, name, new() { ["phase"] = "Succeeded", ["containerStatuses"] = new JsonArray() });

    public async Task Delete(string path) => _ = await cluster.Api.Send(HttpMethod.Delete, path + "?gracePeriodSeconds=0");

    /// <summary>Applied as it stands.</summary>
    public async Task Task(string @namespace, string name, string spec)
    {
        var path = TaskPath(@namespace, name);
        var (code, body) = await cluster.Api.TryApply(path, $$"""
            apiVersion: netprofiler.dev/v1alpha1
            kind: NetworkProfilingTask
            metadata: {name: {{name}}, namespace: {{@namespace}}}
            spec: {{spec}}
            """);
        Assert.True((int)code < 300, (string?)body["message"]);
        _made.Add(path);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var path in Enumerable.Reverse(_made)) await Delete(path);
    }

    public static string TaskPath(string @namespace, string name) =>
        $"/apis/netprofiler.dev/v1alpha1/namespaces/{@namespace}/networkprofilingtasks/{name}";

    public static string ConfigPath(string node) =>
        $"/apis/netprofiler.dev/v1alpha1/namespaces/{TestCluster.SystemNamespace}/nodeprofilingconfigs/{node}";

    private async Task PatchPod(string @namespace, string name, JsonObject status) =>
        _ = await cluster.Api.Do(HttpMethod.Patch, $"/api/v1/namespaces/{@namespace}/pods/{name}/status",
            new JsonObject { ["status"] = status }.ToJsonString(), ApiServer.MergePatch);

    /// <summary>Waits while one of that name, of a test before, is still on its way out.</summary>
    private async Task Make(string path, JsonObject what)
    {
        var (code, body) = (HttpStatusCode.OK, (JsonNode)new JsonObject());
        await Eventually.IsTrue($"{path} has no {what["metadata"]!["name"]} that is being deleted", async () =>
        {
            (code, body) = await cluster.Api.Send(HttpMethod.Post, path, what.ToJsonString());
            return code != HttpStatusCode.Conflict
                || ((string?)body["message"])?.Contains("object is being deleted", StringComparison.Ordinal) != true;
        });
        if (code != HttpStatusCode.Created) throw new InvalidOperationException($"POST {path}: {(int)code} {body["message"]}");
        _made.Add($"{path}/{what["metadata"]!["name"]}");
    }
}
