using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>What a user sees: kubectl's own words, from the first look at a task to its end.</summary>
[Collection(ClusterCollection.Name)]
public sealed class UserViewTests(TestCluster cluster) : OperatorTests(cluster)
{
    [SkippableFact]
    public async Task The_sample_of_the_docs_shows_what_the_docs_say()
    {
        _ = await Cluster.Operator();
        await Shop("shop", "shop-a", "shop-b");
        _ = (await Cluster.Kubectl("apply", "-f", Repository.At("config/samples/networkprofilingtask_cart_slow.yaml"))).Succeeded;
        _ = await Cluster.TaskIs("shop", "cart-slow", "shows all requests",
            task => (long?)task["status"]?["summary"]?["requests"] == 120345 && (int?)task["status"]?["nodes"]?["capturing"] == 2);

        Golden.Equal("golden/running/get.txt", await Shown("get", "networkprofilingtasks", "-n", "shop"));
        Golden.Equal("golden/running/get-wide.txt", await Shown("get", "networkprofilingtasks", "-n", "shop", "-o", "wide"));
        Golden.Equal("golden/running/describe.txt",
            Readable.WithoutEvents((await Cluster.Kubectl("describe", "nptask", "cart-slow", "-n", "shop")).Succeeded));
        Golden.Equal("golden/running/events.txt", await Cluster.Events("shop", "Capturing"));
        Golden.Equal("golden/running/configs.txt",
            await Shown("get", "nodeprofilingconfigs", "-n", TestCluster.SystemNamespace, "shop-a", "shop-b", "-o", "wide"));
    }

    [SkippableFact]
    public async Task A_task_that_the_server_lets_pass_and_the_operator_does_not_says_where_it_is_wrong()
    {
        _ = await Cluster.Operator();
        await Fakes.Namespace("refused");
        // A server that knows no rules (before 1.25) accepts it, and RE2 is not .NET's engine on any.
        await Fakes.Task("refused", "bad",
            "{targets: [{podSelector: {matchLabels: {app: cart}}}], sampling: {rules: [{name: a, uriRegex: '(?P<x>a)', when5xx: true}]}}");
        var task = await Cluster.TaskIsIn("refused", "bad", "Failed");

        Assert.Equal(("False", "InvalidSampling"), (task.Condition("Accepted"), task.Reason("Accepted")));
        Assert.StartsWith("spec.sampling.rules[0].uriRegex: is not a pattern of the linear-time engine", task.Message("Accepted"));
        Golden.Equal("golden/refused/get-wide.txt", await Shown("get", "nptask", "-n", "refused", "-o", "wide"));
        Golden.Equal("golden/refused/events.txt", await Cluster.Events("refused", "InvalidSampling"));
    }

    [SkippableFact]
    public async Task A_task_whose_exporter_nobody_has_named_says_so()
    {
        await Cluster.StopOperator();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "exporters: {oap: {skywalking: 'oap:11800'}, zipkin: {zipkin: 'http://zipkin:9411'}}");
        await using var @operator = await OperatorProcess.Lead(Cluster, more: ["--exporters", file]);
        await Fakes.Namespace("sent");
        await Fakes.Namespace("unsent");
        await Fakes.Task("sent", "known", "{targets: [{podSelector: {matchLabels: {app: cart}}}], exportRef: {name: oap}}");
        await Fakes.Task("unsent", "unknown", "{targets: [{podSelector: {matchLabels: {app: cart}}}], exportRef: {name: jaeger}}");
        Assert.Equal("True", (await Cluster.TaskIsIn("sent", "known", "Pending")).Condition("Accepted"));
        var task = await Cluster.TaskIsIn("unsent", "unknown", "Failed");

        Assert.Equal(("False", "ExporterNotFound"), (task.Condition("Accepted"), task.Reason("Accepted")));
        Golden.Equal("golden/exporter-not-found/get-wide.txt", await Shown("get", "nptask", "-n", "unsent", "-o", "wide"));
        Golden.Equal("golden/exporter-not-found/events.txt", await Cluster.Events("unsent", "ExporterNotFound"));
        _ = await @operator.Stop();
        File.Delete(file);
    }

    [SkippableFact]
    public async Task A_task_that_means_no_pod_says_so()
    {
        _ = await Cluster.Operator();
        await Fakes.Namespace("empty");
        await Fakes.Task("empty", "nobody", "{targets: [{podSelector: {matchLabels: {app: cart}}}]}");
        _ = await Cluster.TaskIsIn("empty", "nobody", "Pending");

        Golden.Equal("golden/no-pods/get-wide.txt", await Shown("get", "nptask", "-n", "empty", "-o", "wide"));
        Golden.Equal("golden/no-pods/events.txt", await Cluster.Events("empty", "NoMatchingPods"));
    }

    private async Task Shop(string @namespace, string nodeA, string nodeB)
    {
        await Fakes.Namespace(@namespace);
        await Fakes.Node(nodeA);
        await Fakes.Node(nodeB);
        await Fakes.Pod(@namespace, "cart-1", nodeA);
        await Fakes.Pod(@namespace, "cart-2", nodeA);
        await Fakes.Pod(@namespace, "cart-3", nodeB);
    }

    protected override JsonObject Report(string node, JsonObject task) => node.EndsWith("-a", StringComparison.Ordinal)
        ? Reports.Of(80000, sampled: 30, clientErrors: 25, serverErrors: 5).WithSlow("a-1", "cart-1", 740123)
        : Reports.Of(40345, sampled: 7, clientErrors: 0, serverErrors: 7).WithSlow("b-1", "cart-3", 1203456);

    private async Task<string> Shown(params string[] arguments) => Readable.Of((await Cluster.Kubectl(arguments)).Succeeded);
}
