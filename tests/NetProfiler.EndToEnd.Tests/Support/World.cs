using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.EndToEnd.Tests.Support;

/// <summary>
/// A real cluster of two nodes, with Netprofiler installed by its chart and a shop to profile. <c>scripts/e2e</c> makes the cluster, builds
/// the images and says where (NETPROFILER_E2E: the cluster's folder); without it everything skips.
/// </summary>
public sealed class World : IAsyncLifetime
{
    public const string System = "netprofiler-system";
    public const string Shop = "http://10.96.0.50";

    /// <summary>Nodes with this label have an agent.</summary>
    public const string AgentLabel = "e2e-agent";

    private static readonly string? State = global::System.Environment.GetEnvironmentVariable("NETPROFILER_E2E");
    private static readonly string[] Manifests = ["shop.yaml", "vault.yaml", "collector.yaml"];

    /// <summary>How long a rollout may take on a busy machine.</summary>
    private const string RolloutTime = "--timeout=180s";

    private static string Kubeconfig => Path.Combine(State!, "admin.kubeconfig");

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (State is null) return;

        _ = await Kubectl("label", "nodes", "--all", $"{AgentLabel}=on", "--overwrite");
        _ = (await Tool.Run(Repository.At("scripts/helm"),
        [
            "upgrade", "--install", "netprofiler", Repository.At("charts/netprofiler"), "--kubeconfig", Kubeconfig, "--namespace", System,
            "--create-namespace",
            // The definitions have rules, which the API server of 1.20 does not know.
            "--disable-openapi-validation",
            "--set", "image.tag=e2e", "--set", "image.pullPolicy=Never", "--set", $"agent.nodeSelector.{AgentLabel}=on",
            "--set", "exporters.collector.zipkin=http://10.96.0.60:9411", "--set", "exporters.collector.skywalking=10.96.0.60:11800",
        ])).Succeeded;
        foreach (var manifest in Manifests)
            await Apply(await File.ReadAllTextAsync(Repository.At($"tests/NetProfiler.EndToEnd.Tests/manifests/{manifest}")));
        await Kubectl("-n", System, "rollout", "status", RolloutTime, "deployment/netprofiler-operator");
        await Kubectl("-n", System, "rollout", "status", RolloutTime, "daemonset/netprofiler-agent");
        foreach (var tier in new[] { "edge", "stock" }) await Rollout(tier);
        await SpreadCarts();
        await Kubectl("-n", "vault", "rollout", "status", RolloutTime, "deployment/cart");
        await Kubectl("wait", "--for=condition=Ready", RolloutTime, "pod/visitor", "-n", "shop");
        await Kubectl("wait", "--for=condition=Ready", RolloutTime, "pod/visitor", "pod/stock", "-n", "vault");
        await Kubectl("wait", "--for=condition=Ready", RolloutTime, "pod/collector", "-n", "observability");
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    /// <summary>Skips the test where there is no such world.</summary>
    internal static void Require() => Skip.If(State is null, "no cluster of two nodes (make e2e)");

    /// <summary>The environment of a user of this cluster.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string> { ["KUBECONFIG"] = Kubeconfig };

    internal async Task<string> Kubectl(params string[] arguments) => (await TryKubectl(arguments)).Succeeded;

    internal Task<ToolResult> TryKubectl(params string[] arguments) => Tool.Run("kubectl", ["--kubeconfig", Kubeconfig, .. arguments]);

    internal async Task Apply(string yaml) =>
        _ = (await Tool.Run("kubectl", ["--kubeconfig", Kubeconfig, "apply", "--validate=false", "-f", "-"], yaml)).Succeeded;

    /// <summary>An object, or null.</summary>
    internal async Task<JsonNode?> Find(string @namespace, string kind, string name)
    {
        var text = await Kubectl("-n", @namespace, "get", kind, name, "-o", "json", "--ignore-not-found");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    internal async Task<IReadOnlyList<JsonNode>> List(string @namespace, string kind, string selector = "") =>
        [.. JsonNode.Parse(await Kubectl("-n", @namespace, "get", kind, "-l", selector, "-o", "json"))!["items"]!.AsArray()
            .Select(item => item!)];

    internal Task Rollout(string deployment) => Kubectl("-n", "shop", "rollout", "status", RolloutTime, $"deployment/{deployment}");

    /// <summary>Three carts, on both nodes: which ones go when there are fewer than before nobody can say.</summary>
    internal async Task SpreadCarts()
    {
        await Rollout("cart");
        await Eventually.IsTrue("three carts are on both nodes", async () =>
        {
            var pods = (await List("shop", "pods", "app=cart")).Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToList();
            if (pods.Count != 3 || pods.Select(pod => (string?)pod["spec"]!["nodeName"]).Distinct().Count() == 2) return pods.Count == 3;
            _ = await Kubectl("-n", "shop", "delete", "pod", Agents.NameOf(pods[0]));
            return false;
        });
        await Rollout("cart");
    }

    /// <summary>Visits the shop; every visit must be answered as it should be.</summary>
    internal async Task Visit(int first, int count, int connections = 4, string url = Shop, string @namespace = "shop")
    {
        var said = await TryKubectl("-n", @namespace, "exec", "visitor", "--", "/shop/shop", "visit", url, $"{first}", $"{count}",
            $"{connections}");
        Assert.True(said.ExitCode == 0 && said.Output.Trim() == $"{count}", $"of {count} visits:\n{said.Output}{said.Error}");
    }

    /// <summary>Runs a script of tests/cluster on this cluster.</summary>
    internal static async Task Script(string name, params string[] arguments) =>
        _ = (await Tool.Run(Repository.At($"tests/cluster/{name}"), arguments,
        environment: new Dictionary<string, string> { ["CLUSTER_STATE"] = State!, ["API_ADDRESS"] = "0.0.0.0",
            ["ADVERTISE_ADDRESS"] = "10.244.1.1" })).Succeeded;

    /// <summary>Asks a pod over HTTP, through the API server.</summary>
    internal Task<string> Get(string @namespace, string pod, int port, string path) =>
        Kubectl("get", "--raw", $"/api/v1/namespaces/{@namespace}/pods/{pod}:{port}/proxy{path}");
}

[CollectionDefinition(Name)]
public sealed class WorldCollection : ICollectionFixture<World>
{
    public const string Name = "world";
}
