using System.Net;
using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>What an agent must not look at, and whom it must not tell.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AgentIsolationTests(TestCluster cluster)
{
    private const string Secret = "planted-3f9c1d";

    [SkippableFact]
    public async Task Of_a_container_that_no_task_names_nothing_is_seen()
    {
        await using var node = await Node.Start(cluster, "apart");
        await using var target = await Container.Start();
        await using var other = await Container.Start();
        var share = new Share("apart", target);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await Task.WhenAll(target.Drive(60), other.Drive(60, Secret));
        await node.Config.Counts(share, target.Log);

        var metrics = (await node.Agent.Read("/metrics")).Text;
        Assert.Contains($"container_id=\"{target.Id}\"", metrics, StringComparison.Ordinal);
        // The kernel's own count: calls of others never became events.
        Assert.Equal(target.Log.Count, Sum(metrics, "http_server_request_duration_seconds_count"));
        Assert.Equal(1, Sum(metrics, "netprofiler_connections "));
        foreach (var text in new[] { metrics, (await node.Config.Find())!.ToJsonString(), node.Agent.Said })
        {
            Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
            Assert.DoesNotContain(other.Id, text, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task The_content_of_samples_is_for_those_who_may_see_it()
    {
        await using var node = await Node.Start(cluster, "samples");
        await using var fakes = new Fakes(cluster);
        await fakes.Namespace("shop");
        await using var container = await Container.Start();
        var share = new Share("sampled", container);
        await node.Config.Set(share);
        await node.Config.Is(share, "Capturing");
        await container.Drive(60);
        var task = await node.Config.Counts(share, container.Log);
        var path = $"/samples/shop/sampled/{task["topTraces"]!["serverErrors"]![0]!["sampleID"]}";

        var (may, mayNot, forApi) = (await Token("may"), await Token("may-not"), await Token("may", "[]"));
        var (code, text) = await node.Agent.Read(path, may);
        Assert.Equal((HttpStatusCode.OK, "/broken"), (code, ((string?)JsonNode.Parse(text)!["target"])?[..7]));
        Assert.Equal("HTTP/1.1 503 Service Temporarily Unavailable", (string?)JsonNode.Parse(text)!["response"]!["startLine"]);

        Assert.Equal(HttpStatusCode.Forbidden, await node.Agent.Get(path, mayNot));
        Assert.Equal(HttpStatusCode.Unauthorized, await node.Agent.Get(path, forApi)); // a token for the API server is for no other
        Assert.Equal(HttpStatusCode.Unauthorized, await node.Agent.Get(path));
        Assert.Equal(HttpStatusCode.Unauthorized, await node.Agent.Get(path, "none-of-this-cluster"));
        Assert.Equal(HttpStatusCode.NotFound, await node.Agent.Get("/samples/shop/sampled/0123456789abcdef", may));
        Assert.Equal(HttpStatusCode.Forbidden, await node.Agent.Get(path.Replace("/shop/", "/default/", StringComparison.Ordinal), may));

        // Made-up tokens use up the budget of their sender.
        var codes = new List<HttpStatusCode?>();
        for (int i = 0; i < 30; i++) codes.Add(await node.Agent.Get(path, $"made-up-{i}"));
        Assert.Contains(HttpStatusCode.TooManyRequests, codes);
        Assert.DoesNotContain(HttpStatusCode.ServiceUnavailable, codes);
        Assert.Equal(HttpStatusCode.OK, await node.Agent.Get(path, may)); // known from a moment ago

        async Task<string> Token(string name, string audiences = "[\"netprofiler\"]")
        {
            _ = await cluster.Api.TryApply($"/api/v1/namespaces/shop/serviceaccounts/{name}", $$"""
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "{{name}}"} }
                """);
            if (name == "may")
            {
                var (bound, body) = await cluster.Api.TryApply("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/may", """
                    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "may"},
                     "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "netprofiler-profiler"},
                     "subjects": [{"kind": "ServiceAccount", "name": "may", "namespace": "shop"}]}
                    """);
                Assert.True((int)bound < 300, (string?)body["message"]);
            }

            var token = await cluster.Api.Do(HttpMethod.Post, $"/api/v1/namespaces/shop/serviceaccounts/{name}/token",
                $$"""{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": {{audiences}}, "expirationSeconds": 3600} }""");
            return (string)token["status"]!["token"]!;
        }
    }

    private static double Sum(string metrics, string series) =>
        metrics.Split('\n').Where(line => line.StartsWith(series, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
}
