using System.Net;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>What the role of an agent allows it, asked of the API server as that agent.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AgentRightsTests(TestCluster cluster)
{
    private const string Configs = $"/apis/netprofiler.dev/v1alpha1/namespaces/{TestCluster.SystemNamespace}/nodeprofilingconfigs";
    private const string Name = "rights-node";

    [SkippableFact]
    public async Task An_agent_reads_configurations_and_answers_them()
    {
        using var config = await Config.Of(cluster);

        Assert.Equal(HttpStatusCode.OK, await As(HttpMethod.Get, Configs));
        Assert.Equal(HttpStatusCode.OK, await As(HttpMethod.Get, $"{Configs}/{Name}"));
        Assert.Equal(HttpStatusCode.OK, await As(HttpMethod.Patch, $"{Configs}/{Name}/status", """{"status": {"observedGeneration": 1}}"""));
    }

    [SkippableFact]
    public async Task Patching_the_status_changes_nothing_else()
    {
        using var config = await Config.Of(cluster);
        _ = await As(HttpMethod.Patch, $"{Configs}/{Name}/status", """{"spec": {"reporting": {"periodSeconds": 99}}, "status": {"observedGeneration": 2}}""");

        var after = (await cluster.Api.Find($"{Configs}/{Name}"))!;
        Assert.Equal((10, 2), ((int)after["spec"]!["reporting"]!["periodSeconds"]!, (int)after["status"]!["observedGeneration"]!));
    }

    [SkippableTheory]
    [InlineData("/api/v1/pods")]
    [InlineData("/api/v1/services")]
    [InlineData("/apis/apps/v1/replicasets")]
    [InlineData("/apis/batch/v1/jobs")]
    public async Task To_name_addresses_it_lists(string path)
    {
        cluster.Require();
        Assert.Equal(HttpStatusCode.OK, await As(HttpMethod.Get, path));
    }

    [SkippableFact]
    public async Task Asks_who_somebody_is_and_what_he_may()
    {
        cluster.Require();
        Assert.Equal(HttpStatusCode.Created, await As(HttpMethod.Post, "/apis/authentication.k8s.io/v1/tokenreviews",
            """{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "nobodys"}}"""));
        Assert.Equal(HttpStatusCode.Created, await As(HttpMethod.Post, "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            """{"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {"user": "somebody", "resourceAttributes": {"group": "netprofiler.dev", "resource": "networkprofilingtasks", "subresource": "samples", "verb": "get"}}}"""));
    }

    [SkippableTheory]
    [InlineData("POST", Configs)]
    [InlineData("PUT", $"{Configs}/{Name}")]
    [InlineData("PATCH", $"{Configs}/{Name}")]
    [InlineData("PUT", $"{Configs}/{Name}/status")]
    [InlineData("DELETE", $"{Configs}/{Name}")]
    [InlineData("DELETE", Configs)]
    [InlineData("GET", "/apis/netprofiler.dev/v1alpha1/networkprofilingtasks")]
    [InlineData("PATCH", "/apis/netprofiler.dev/v1alpha1/namespaces/default/networkprofilingtasks/any/status")]
    [InlineData("GET", "/apis/netprofiler.dev/v1alpha1/namespaces/default/nodeprofilingconfigs")]
    [InlineData("GET", "/api/v1/namespaces/default/pods/any")]
    [InlineData("DELETE", "/api/v1/namespaces/default/pods/any")]
    [InlineData("GET", "/api/v1/secrets")]
    [InlineData("GET", $"/api/v1/namespaces/{TestCluster.SystemNamespace}/secrets")]
    [InlineData("GET", "/api/v1/nodes")]
    [InlineData("GET", $"/apis/coordination.k8s.io/v1/namespaces/{TestCluster.SystemNamespace}/leases")]
    public async Task And_may_do_nothing_else(string method, string path)
    {
        using var config = await Config.Of(cluster);
        Assert.Equal(HttpStatusCode.Forbidden, await As(new(method), path, method == "GET" || method == "DELETE" ? "" : "{}"));
    }

    private async Task<HttpStatusCode> As(HttpMethod method, string path, string body = "") =>
        (await cluster.Api.Send(method, path, body, method == HttpMethod.Patch ? ApiServer.MergePatch : ApiServer.Json,
            TestCluster.AgentAccount)).Code;

    /// <summary>A configuration that is there for the time of a test.</summary>
    private sealed class Config(TestCluster cluster) : IDisposable
    {
        public static async Task<Config> Of(TestCluster cluster)
        {
            cluster.Require();
            var (code, body) = await cluster.Api.TryApply($"{Configs}/{Name}", $$"""
                apiVersion: netprofiler.dev/v1alpha1
                kind: NodeProfilingConfig
                metadata: {name: {{Name}}}
                spec: {tasks: []}
                """);
            Assert.True((int)code < 300, (string?)body["message"]);
            return new(cluster);
        }

        public void Dispose() => _ = cluster.Api.Send(HttpMethod.Delete, $"{Configs}/{Name}").GetAwaiter().GetResult();
    }
}
