using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Targets;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

public class TargetTests
{
    private readonly Owners _owners = new();

    [Fact]
    public void Only_running_containers_of_the_pod_are_targets_never_init_or_ephemeral_ones()
    {
        var pod = Make.Pod("cart-1", "a");
        pod.Status = pod.Status with
        {
            ContainerStatuses = [Make.Container("app", "1"), Make.Container("waits", "2", isRunning: false), Make.Container("proxy", "0")],
            InitContainerStatuses = [Make.Container("init", "3")],
            EphemeralContainerStatuses = [Make.Container("debug", "4")],
        };
        Assert.Equal(["containerd://0 proxy", "containerd://1 app"], Containers(Make.Task(), pod));
    }

    [Fact]
    public void Only_named_containers_are_targets_where_some_are_named()
    {
        var task = Make.Task();
        task.Spec.Targets = [task.Spec.Targets[0] with { ContainerNames = ["app"] }];
        Assert.Equal(["containerd://cart-1-app app"], Containers(task, Make.Pod("cart-1", "a", "cart", "app", "proxy")));
    }

    [Fact]
    public void A_container_that_two_targets_mean_is_one_target()
    {
        var task = Make.Task();
        task.Spec.Targets = [task.Spec.Targets[0], task.Spec.Targets[0] with { ContainerNames = ["app"] }];
        Assert.Single(Containers(task, Make.Pod("cart-1", "a")));
    }

    [Fact]
    public void A_pod_of_another_namespace_is_never_a_target()
    {
        var pod = Make.Pod("cart-1", "a");
        pod.Metadata = pod.Metadata with { NamespaceProperty = "bank" };
        Assert.Empty(Containers(Make.Task(), pod));
        Assert.False(TargetMatch.Means(Make.Task(), pod, _owners));
    }

    [Theory]
    [InlineData("Pending")]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    public void A_pod_that_does_not_run_has_no_target(string phase)
    {
        var pod = Make.Pod("cart-1", "a");
        pod.Status = pod.Status with { Phase = phase };
        Assert.Empty(Containers(Make.Task(), pod));
    }

    [Theory]
    [InlineData(WorkloadKind.Deployment, "cart", true)]
    [InlineData(WorkloadKind.ReplicaSet, "cart-7f", true)]
    [InlineData(WorkloadKind.Deployment, "basket", false)]
    [InlineData(WorkloadKind.StatefulSet, "cart", false)]
    public void A_workload_is_found_through_the_owners_of_the_pod(WorkloadKind kind, string name, bool isMeant)
    {
        _owners.Add("ReplicaSet", "cart-7f", Make.Owner("Deployment", "cart"));
        var pod = Owned(Make.Owner("ReplicaSet", "cart-7f"));
        Assert.Equal(isMeant, Containers(TaskFor(kind, name), pod).Count == 1);
        Assert.Equal("Deployment/cart", TargetMatch.Containers(Make.Task(), pod, _owners).Single().Workload);
    }

    [Fact]
    public void A_cron_job_is_found_through_its_job()
    {
        _owners.Add("Job", "report-1", Make.Owner("CronJob", "report", apiVersion: "batch/v1"));
        Assert.Single(Containers(TaskFor(WorkloadKind.CronJob, "report"), Owned(Make.Owner("Job", "report-1", apiVersion: "batch/v1"))));
    }

    [Fact]
    public void An_owner_whose_name_was_taken_by_another_object_is_none()
    {
        _owners.Add("ReplicaSet", "cart-7f", Make.Owner("Deployment", "cart"));
        Assert.Empty(Containers(TaskFor(WorkloadKind.Deployment, "cart"),
            Owned(Make.Owner("ReplicaSet", "cart-7f", uid: "of the old one"))));
    }

    [Fact]
    public void A_deployment_of_another_group_is_another_thing()
    {
        _owners.Add("ReplicaSet", "cart-7f", Make.Owner("Deployment", "cart", apiVersion: "evil.example/v1"));
        Assert.Empty(Containers(TaskFor(WorkloadKind.Deployment, "cart"), Owned(Make.Owner("ReplicaSet", "cart-7f"))));
    }

    [Fact]
    public void An_owner_that_is_no_controller_does_not_count()
    {
        var pod = Owned(Make.Owner("ReplicaSet", "cart-7f") with { Controller = false });
        Assert.Empty(Containers(TaskFor(WorkloadKind.ReplicaSet, "cart-7f"), pod));
        Assert.Null(PodOwners.WorkloadOf(pod.Metadata, _owners));
    }

    [Theory]
    [InlineData(LabelSelectorOperator.In, "app", "cart,basket", true)]
    [InlineData(LabelSelectorOperator.In, "app", "basket", false)]
    [InlineData(LabelSelectorOperator.In, "tier", "web", false)]
    [InlineData(LabelSelectorOperator.NotIn, "app", "basket", true)]
    [InlineData(LabelSelectorOperator.NotIn, "app", "cart", false)]
    [InlineData(LabelSelectorOperator.NotIn, "tier", "web", true)]
    [InlineData(LabelSelectorOperator.Exists, "app", "", true)]
    [InlineData(LabelSelectorOperator.Exists, "tier", "", false)]
    [InlineData(LabelSelectorOperator.DoesNotExist, "app", "", false)]
    [InlineData(LabelSelectorOperator.DoesNotExist, "tier", "", true)]
    [InlineData(null, "app", "cart", false)]
    public void Expressions_mean_what_they_mean_everywhere(LabelSelectorOperator? by, string key, string values, bool isMet)
    {
        var selector = new LabelSelector { MatchExpressions = [new() { Key = key, Operator = by, Values = values.Split(',') }] };
        Assert.Equal(isMet, selector.Selects(new Dictionary<string, string> { ["app"] = "cart" }));
    }

    [Fact]
    public void An_empty_selector_selects_nothing() =>
        Assert.False(new LabelSelector().Selects(new Dictionary<string, string> { ["app"] = "cart" }));

    [Fact]
    public void A_node_selector_fails_closed()
    {
        var selector = new Dictionary<string, string> { ["disk"] = "ssd" };
        Assert.True(selector.SelectsNode(new Dictionary<string, string> { ["disk"] = "ssd", ["zone"] = "1" }));
        Assert.False(selector.SelectsNode(new Dictionary<string, string> { ["disk"] = "hdd" }));
        Assert.False(selector.SelectsNode(null));
        Assert.True(new Dictionary<string, string>().SelectsNode(new Dictionary<string, string>()));
        Assert.False(new Dictionary<string, string>().SelectsNode(null));
    }

    private IReadOnlyList<string> Containers(NetworkProfilingTask task, PodRecord pod) =>
        [.. TargetMatch.Containers(task, pod, _owners).Select(target => $"{target.ContainerId} {target.ContainerName}")];

    private static PodRecord Owned(V1OwnerReference owner)
    {
        var pod = Make.Pod("cart-1", "a");
        pod.Metadata = pod.Metadata with { OwnerReferences = [owner] };
        return pod;
    }

    private static NetworkProfilingTask TaskFor(WorkloadKind kind, string name)
    {
        var task = Make.Task();
        task.Spec.Targets = [new() { WorkloadRef = new() { Kind = kind, Name = name } }];
        return task;
    }

    private sealed class Owners : IOwnerLookup
    {
        private readonly Dictionary<(string, string), V1ObjectMeta> _known = [];

        public void Add(string kind, string name, V1OwnerReference owner) =>
            _known[(kind, name)] = new() { Name = name, NamespaceProperty = Make.Shop, Uid = $"uid-of-{name}", OwnerReferences = [owner] };

        public V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner) => _known.GetValueOrDefault((owner.Kind, owner.Name));
    }
}
