using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>Pods and nodes come and go while a task runs.</summary>
[Collection(ClusterCollection.Name)]
public sealed class PodsAndNodesTests(TestCluster cluster) : OperatorTests(cluster)
{
    [SkippableFact]
    public async Task A_container_that_restarted_is_captured_under_its_new_id()
    {
        _ = await Cluster.Operator();
        await OneNode("restart");
        await Fakes.Pod("restart", "cart", "restart-a");
        await Fakes.Task("restart", "task", OfCart);
        _ = await ConfigHas("restart-a", "restart/task", "containerd://restart-cart-app-0");

        await Fakes.PodRuns("restart", "cart", restarts: 1);
        _ = await ConfigHas("restart-a", "restart/task", "containerd://restart-cart-app-1");
    }

    [SkippableFact]
    public async Task A_pod_that_came_back_elsewhere_is_captured_there_and_what_was_counted_stays()
    {
        _ = await Cluster.Operator();
        await OneNode("moved");
        await Fakes.Node("moved-b");
        await Fakes.Pod("moved", "cart", "moved-a");
        await Fakes.Task("moved", "task", OfCart);
        _ = await Cluster.TaskIs("moved", "task", "counts", task => (long?)task["status"]?["summary"]?["requests"] == 10);

        await Fakes.Delete("/api/v1/namespaces/moved/pods/cart");
        await Fakes.Pod("moved", "cart", "moved-b");
        _ = await ConfigHas("moved-b", "moved/task", "containerd://moved-cart-app-0");
        _ = await Cluster.ConfigIs("moved-a", "has no target", config => config.Targets().Count == 0);

        var task = await Cluster.TaskIs("moved", "task", "counts both", task => (long?)task["status"]?["summary"]?["requests"] == 20);
        Assert.Equal((1, 1), ((int)task["status"]!["targets"]!["pods"]!, (int)task["status"]!["nodes"]!["desired"]!));
    }

    [SkippableFact]
    public async Task A_pod_that_ended_or_lost_its_label_is_captured_no_longer()
    {
        _ = await Cluster.Operator();
        await OneNode("ended");
        foreach (var pod in new[] { "stays", "ends", "changes" }) await Fakes.Pod("ended", pod, "ended-a");
        await Fakes.Task("ended", "task", OfCart);
        _ = await ConfigHas("ended-a", "ended/task", "containerd://ended-changes-app-0", "containerd://ended-ends-app-0",
            "containerd://ended-stays-app-0");

        await Fakes.PodEnds("ended", "ends");
        _ = await Cluster.Api.Do(HttpMethod.Patch, "/api/v1/namespaces/ended/pods/changes", """{"metadata": {"labels": {"app": "other"}}}""", ApiServer.MergePatch);
        _ = await ConfigHas("ended-a", "ended/task", "containerd://ended-stays-app-0");
    }

    [SkippableFact]
    public async Task Only_the_containers_that_are_named_are_captured()
    {
        _ = await Cluster.Operator();
        await OneNode("named");
        await Fakes.Pod("named", "cart", "named-a", containers: ["app", "proxy"]);
        await Fakes.Task("named", "task", "{targets: [{podSelector: {matchLabels: {app: cart}}, containerNames: [proxy]}]}");
        _ = await ConfigHas("named-a", "named/task", "containerd://named-cart-proxy-0");
    }

    [SkippableFact]
    public async Task A_task_does_not_reach_into_another_namespace()
    {
        _ = await Cluster.Operator();
        await OneNode("mine");
        await Fakes.Namespace("theirs");
        await Fakes.Pod("mine", "cart", "mine-a");
        await Fakes.Pod("theirs", "cart", "mine-a");
        await Fakes.Task("mine", "task", OfCart);
        _ = await ConfigHas("mine-a", "mine/task", "containerd://mine-cart-app-0");
    }

    [SkippableFact]
    public async Task The_pods_of_a_deployment_are_found_through_its_replica_set()
    {
        // Elsewhere a garbage collector would take what belongs to a deployment that there is not.
        Cluster.RequireOurs();
        _ = await Cluster.Operator();
        await OneNode("workload");
        var set = await Cluster.Api.Do(HttpMethod.Post, "/apis/apps/v1/namespaces/workload/replicasets", """
            {"metadata": {"name": "cart-1", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "uid": "00000000-0000-0000-0000-000000000001", "controller": true}]},
             "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "none"}}, "template": {"metadata": {"labels": {"app": "none"}}, "spec": {"containers": [{"name": "app", "image": "none"}]}}}}
            """);
        var owner = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "ReplicaSet", ["name"] = "cart-1", ["uid"] = set.Uid(),
            ["controller"] = true };
        await Fakes.Task("workload", "task", "{targets: [{workloadRef: {kind: Deployment, name: cart}}]}");
        await Fakes.Pod("workload", "owned", "workload-a", owner: owner);
        await Fakes.Pod("workload", "other", "workload-a");
        _ = await ConfigHas("workload-a", "workload/task", "containerd://workload-owned-app-0");
    }

    [SkippableFact]
    public async Task Nodes_without_the_selected_labels_take_no_part()
    {
        _ = await Cluster.Operator();
        await Fakes.Namespace("zones");
        await Fakes.Node("zones-a", labels: ("zone", "a"));
        await Fakes.Node("zones-b", labels: ("zone", "b"));
        await Fakes.Pod("zones", "cart-a", "zones-a");
        await Fakes.Pod("zones", "cart-b", "zones-b");
        await Fakes.Task("zones", "task", "{targets: [{podSelector: {matchLabels: {app: cart}}}], nodeSelector: {zone: a}}");

        var task = await Cluster.TaskIs("zones", "task", "captures", task => (int?)task["status"]?["nodes"]?["capturing"] == 1);
        Assert.Equal(1, (int)task["status"]!["targets"]!["pods"]!);
        Assert.Null(await Cluster.Api.Find(Fakes.ConfigPath("zones-b")));
    }

    [SkippableFact]
    public async Task A_node_that_is_not_ready_is_told_of_and_fails_nothing()
    {
        _ = await Cluster.Operator();
        await OneNode("notready");
        await Fakes.Node("notready-b");
        await Fakes.Pod("notready", "cart-a", "notready-a");
        await Fakes.Pod("notready", "cart-b", "notready-b");
        await Fakes.Task("notready", "task", OfCart);
        _ = await Cluster.TaskIs("notready", "task", "captures", task => (int?)task["status"]?["nodes"]?["capturing"] == 2);

        await Fakes.NodeIs("notready-b", isReady: false);
        var task = await Cluster.TaskIs("notready", "task", "misses a node", task => (int?)task["status"]?["nodes"]?["unreachable"] == 1);
        Assert.Equal(("Running", "True", "NodesUnreachable"), (task.Phase(), task.Condition("Degraded"), task.Reason("Degraded")));

        await Fakes.NodeIs("notready-b", isReady: true);
        _ = await Cluster.TaskIs("notready", "task", "has recovered",
            task => (int?)task["status"]?["nodes"]?["unreachable"] == 0 && task.Condition("Degraded") == "False");
    }

    [SkippableFact]
    public async Task What_a_node_counted_outlives_it()
    {
        _ = await Cluster.Operator();
        await OneNode("lost");
        await Fakes.Node("lost-b");
        await Fakes.Pod("lost", "cart-a", "lost-a");
        await Fakes.Pod("lost", "cart-b", "lost-b");
        await Fakes.Task("lost", "task", OfCart);
        _ = await Cluster.TaskIs("lost", "task", "counts both", task => (long?)task["status"]?["summary"]?["requests"] == 20);

        await Fakes.Delete("/api/v1/namespaces/lost/pods/cart-b");
        await Fakes.Delete("/api/v1/nodes/lost-b");
        var task = await Cluster.TaskIs("lost", "task", "has one node",
            task => (int?)task["status"]?["nodes"]?["desired"] == 1 && (int?)task["status"]?["targets"]?["nodes"] == 1);
        Assert.Equal(20, (long)task["status"]!["summary"]!["requests"]!);
    }

    [SkippableFact]
    public async Task A_hundred_pods_that_come_together_are_few_writes()
    {
        const int Pods = 100;
        var @operator = await Cluster.Operator();
        await OneNode("many");
        await Fakes.Task("many", "task", OfCart);
        _ = await Cluster.TaskIsIn("many", "task", "Pending");
        var before = await @operator.Metric("netprofiler_operator_writes_total") ?? 0;

        await Parallel.ForAsync(0, Pods, new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => await Fakes.Pod("many", $"cart-{i}", "many-a"));
        _ = await Cluster.ConfigIs("many-a", "has all", config => config.Targets().GetValueOrDefault("many/task")?.Length == Pods);
        _ = await Cluster.TaskIs("many", "task", "counts all", task => (int?)task["status"]?["targets"]?["pods"] == Pods);

        var writes = await @operator.Metric("netprofiler_operator_writes_total") - before;
        Assert.True(writes <= Pods / 2, $"{writes} writes");
    }
}
