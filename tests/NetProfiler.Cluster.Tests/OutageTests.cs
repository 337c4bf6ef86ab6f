using System.Text;
using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>The API server goes away and comes back.</summary>
[Collection(ClusterCollection.Name)]
public sealed class OutageTests(TestCluster cluster) : OwnOperatorTests(cluster)
{
    [SkippableFact]
    public async Task A_minute_without_the_API_server_is_survived()
    {
        Cluster.RequireOurs();
        var process = await Lead(leaseSeconds: 180);
        await OnePod("short");

        await Cluster.Script("api-server", "stop");
        await Task.Delay(TimeSpan.FromMinutes(1));
        await Cluster.Script("api-server", "start");
        await Fakes.Task("short", "task", OfCart);
        _ = await Cluster.TaskIsIn("short", "task", "Running");
        Assert.False(process.HasExited);
    }

    [SkippableFact]
    public async Task A_leader_that_cannot_renew_its_lease_ends_and_one_that_starts_meanwhile_waits()
    {
        Cluster.RequireOurs();
        var process = await Lead(leaseSeconds: 6);
        await OnePod("long");
        await Fakes.Task("long", "task", OfCart);
        _ = await Cluster.TaskIsIn("long", "task", "Running");

        OperatorProcess waiting;
        await Cluster.Script("api-server", "stop");
        try
        {
            Assert.NotEqual(0, await process.Ended());
            waiting = await Start(alike: process);
            await Eventually.IsTrue("it is alive", () => waiting.Answers("/healthz"));
            Assert.False(await waiting.Answers("/readyz"));
        }
        finally
        {
            await Cluster.Script("api-server", "start");
        }

        await waiting.Leads();
        await Fakes.Delete("/api/v1/namespaces/long/pods/cart");
        _ = await Cluster.ConfigIs("long-a", "has no target", config => config.Targets().Count == 0);
    }

    [SkippableFact]
    public async Task What_was_deleted_before_the_history_was_compacted_is_seen_to_be_gone()
    {
        Cluster.RequireOurs();
        var process = await Lead(leaseSeconds: 120);
        await OnePod("compacted");
        await Fakes.Task("compacted", "deleted", OfCart);
        await Fakes.Task("compacted", "stays", OfCart);
        _ = await ConfigHas("compacted-a", "compacted/stays", "containerd://compacted-cart-app-0");
        _ = await ConfigHas("compacted-a", "compacted/deleted", "containerd://compacted-cart-app-0");

        // What happens while it sleeps is in no watch's history any more when it wakes up.
        process.Pause();
        await Fakes.Delete(Fakes.TaskPath("compacted", "deleted"));
        await Fakes.Delete("/api/v1/namespaces/compacted/pods/cart");
        await Compact();
        await Cluster.Script("api-server", "stop");
        await Cluster.Script("api-server", "start");
        process.Continue();

        _ = await Cluster.ConfigIs("compacted-a", "has no target", config => config.Targets().Count == 0);
        var config = await Cluster.ConfigIs("compacted-a", "has one task", config => config["spec"]?["tasks"] is JsonArray { Count: 1 });
        Assert.Equal("stays", (string?)config["spec"]!["tasks"]![0]!["name"]);
    }

    /// <summary>etcd forgets every state but the present one.</summary>
    private async Task Compact()
    {
        using var etcd = new HttpClient { BaseAddress = new(Cluster.EtcdAddress) };
        var now = await Ask("/v3/kv/range", """{"key": "AA=="}""");
        _ = await Ask("/v3/kv/compaction", $$"""{"revision": "{{now["header"]!["revision"]}}", "physical": true}""");

        async Task<JsonNode> Ask(string path, string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, ApiServer.Json);
            using var response = await etcd.PostAsync(new Uri(path, UriKind.Relative), content);
            return JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
        }
    }
}
