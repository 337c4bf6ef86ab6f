using NetProfiler.Operator.Places;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.NodeConfigs;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

public class NodePlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_plan_does_not_depend_on_the_order_of_anything()
    {
        var random = new Random(1);
        NetworkProfilingTask[] tasks = [.. Enumerable.Range(0, 12).Select(i => Started($"task-{i}", startSecond: i % 3))];
        PodRecord[] pods = [.. Enumerable.Range(0, 5).Select(i => Make.Pod($"cart-{i}", "a", "cart", "app", "proxy"))];
        string expected = Text(Plan(tasks, pods));
        for (int i = 0; i < 20; i++)
        {
            random.Shuffle(tasks);
            random.Shuffle(pods);
            Assert.Equal(expected, Text(Plan(tasks, pods)));
        }
    }

    [Fact]
    public void Of_more_tasks_than_a_node_may_have_those_that_started_first_have_the_places()
    {
        NetworkProfilingTask[] tasks = [.. Enumerable.Range(0, 12).Select(i => Started($"task-{i:00}", startSecond: 100 - i))];
        var plan = Plan(tasks, [Make.Pod("cart-1", "a")]);
        Assert.Equal(tasks.TakeLast(NodeLimits.DefaultCapturingTasks).Select(task => task.Metadata.Name), plan.Select(task => task.Name));
    }

    [Fact]
    public void A_task_has_at_most_256_targets_on_a_node_the_first_by_container_id()
    {
        PodRecord[] pods = [.. Enumerable.Range(0, 300).Select(i => Make.Pod($"cart-{i:000}", "a"))];
        var targets = Plan([Started("task")], pods).Single().Targets;
        Assert.Equal(Enumerable.Range(0, 256).Select(i => $"containerd://cart-{i:000}-app"), targets.Select(target => target.ContainerId));
    }

    [Fact]
    public void A_task_whose_pod_has_gone_stays_without_targets_until_it_is_over()
    {
        var task = Started("task");
        var current = new NodeProfilingConfigSpec { Tasks = Plan([task], [Make.Pod("cart-1", "a")]) };
        Assert.Empty(Plan([task], [], current).Single().Targets);
        Assert.Empty(Plan([task], [], current, nodeExists: false).Single().Targets);
        Assert.Empty(Plan([task], []));

        var over = task with { Status = task.Status! with { Conditions = [new() { Type = "Complete", Status = "True" }] } };
        Assert.Empty(Plan([over], [Make.Pod("cart-1", "a")], current));
    }

    [Fact]
    public void A_suspended_task_keeps_its_place_for_its_results_and_captures_nothing()
    {
        var task = Started("task");
        var current = new NodeProfilingConfigSpec { Tasks = Plan([task], [Make.Pod("cart-1", "a")]) };
        var suspended = task with { Spec = task.Spec with { Suspend = true } };
        var share = Plan([suspended], [Make.Pod("cart-1", "a")], current).Single();
        Assert.Empty(share.Targets);
        Assert.Equal(Start, share.NotAfter); // in the past: whatever the agent does, it does not capture
        Assert.Empty(Plan([suspended], [Make.Pod("cart-1", "a")]));
    }

    [Fact]
    public void A_resumed_task_captures_only_when_its_new_deadline_is_written()
    {
        var task = Started("task");
        var resumed = task with { Status = task.Status! with { DeadlineTime = null } };
        Assert.Empty(Plan([resumed], [Make.Pod("cart-1", "a")]));
    }

    [Fact]
    public void A_node_of_which_nothing_is_known_is_given_nothing()
    {
        Assert.Empty(Plan([Started("task")], [Make.Pod("cart-1", "a")], nodeExists: false));
    }

    [Fact]
    public void Tasks_that_keep_results_leave_fewer_places_at_the_objects_bound()
    {
        NetworkProfilingTask[] kept = [.. Enumerable.Range(0, 30).Select(i => Basket($"kept-{i:00}"))];
        var current = new NodeProfilingConfigSpec { Tasks = [.. kept.Select(task => new NodeTask { Uid = task.Metadata.Uid! })] };
        NetworkProfilingTask[] fresh = [.. Enumerable.Range(0, 5).Select(i => Started($"new-{i}"))];
        var plan = Plan([.. kept, .. fresh], [Make.Pod("cart-1", "a")], current);
        // One namespace holds more than its half already: nothing is added.
        Assert.Equal(kept.Select(task => task.Metadata.Uid).Order(StringComparer.Ordinal), plan.Select(task => task.Uid));
        Assert.Equal(0, plan.Count(task => task.Targets.Count > 0));

        static NetworkProfilingTask Basket(string name)
        {
            var task = Started(name);
            task.Spec.Targets = [new() { PodSelector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "basket" } } }];
            return task;
        }
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(200, 10)]
    [InlineData(201, 11)]
    [InlineData(500, 25)]
    [InlineData(5000, 250)]
    public void Twenty_nodes_a_second_report_at_most(int nodes, int seconds) =>
        Assert.Equal(seconds, NodeLimits.ReportingPeriodSeconds(nodes));

    private static IReadOnlyList<NodeTask> Plan(
        IEnumerable<NetworkProfilingTask> tasks, IReadOnlyList<PodRecord> pods, NodeProfilingConfigSpec? current = null,
        bool nodeExists = true) =>
        NodePlan.Of(nodeExists ? Make.Node("a") : null, tasks, pods, new NoOwners(), current, NodeLimits.DefaultCapturingTasks);

    private static NetworkProfilingTask Started(string name, int startSecond = 0)
    {
        var task = Make.Task(name);
        task.Status = new() { StartTime = Start.AddSeconds(startSecond), DeadlineTime = Start.AddSeconds(startSecond + 600) };
        return task;
    }

    private static string Text(IReadOnlyList<NodeTask> plan) =>
        string.Join('\n', plan.Select(task => $"{task.Uid} {string.Join(' ', task.Targets.Select(target => target.ContainerId))}"));

    private sealed class NoOwners : IOwnerLookup
    {
        public V1ObjectMeta? Find(string? @namespace, V1OwnerReference owner) => null;
    }
}
