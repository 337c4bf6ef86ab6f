using NetProfiler.Api.Resources;
using NetProfiler.Operator.NodeConfigs;
using NetProfiler.Operator.Places;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests.Attacks;

/// <summary>One namespace's tasks, running or suspended, do not lock others out of a node.</summary>
public sealed class FairPlacesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Suspended_tasks_of_one_namespace_leave_places_to_others()
    {
        NodeProfilingConfigSpec current = new();
        var attack = new List<NetworkProfilingTask>();
        for (int i = 0; i < 40; i++) // each captures for a while, and is suspended
        {
            attack.Add(Started($"attack-{i:00}", "evil", i));
            current = new() { Tasks = Plan(attack, current) };
            attack[i] = attack[i] with { Spec = attack[i].Spec with { Suspend = true } };
            current = new() { Tasks = Plan(attack, current) };
        }

        Assert.Equal(NodeLimits.MaxTasks / 2, current.Tasks.Count);
        foreach (string other in new[] { "shop", "bank", "mail" })
        {
            attack.Add(Started($"victim-{other}", other, 100));
            current = new() { Tasks = Plan(attack, current) };
            Assert.NotEmpty(current.Tasks.Single(task => task.Namespace == other).Targets);
        }
    }

    [Fact]
    public void Running_tasks_of_one_namespace_give_a_place_to_the_first_of_another()
    {
        List<NetworkProfilingTask> tasks = [.. Enumerable.Range(0, 20).Select(i => Started($"attack-{i:00}", "evil", i))];
        var current = new NodeProfilingConfigSpec { Tasks = Plan(tasks, new()) };
        Assert.Equal(NodeLimits.DefaultCapturingTasks, current.Tasks.Count(task => task.Targets.Count > 0));

        tasks.Add(Started("victim", "shop", 100));
        current = new() { Tasks = Plan(tasks, current) };
        Assert.NotEmpty(current.Tasks.Single(task => task.Name == "victim").Targets);
        Assert.Equal(NodeLimits.DefaultCapturingTasks, current.Tasks.Count(task => task.Targets.Count > 0));
        Assert.Empty(current.Tasks.Single(task => task.Name == "attack-07").Targets); // the last of eight; what it counted stays
    }

    [Fact]
    public void However_many_namespaces_there_are_the_schema_is_kept()
    {
        List<NetworkProfilingTask> tasks = [.. Enumerable.Range(0, 200).Select(i => Started($"task-{i:000}", $"ns-{i % 40}", i))];
        NodeProfilingConfigSpec current = new();
        for (int i = 0; i < 200; i++)
        {
            current = new() { Tasks = Plan(tasks[..(i + 1)], current) };
            Assert.InRange(current.Tasks.Count, 1, NodeLimits.MaxTasks);
            tasks[i] = tasks[i] with { Spec = tasks[i].Spec with { Suspend = true } };
        }
    }

    private static IReadOnlyList<NodeTask> Plan(IReadOnlyList<NetworkProfilingTask> tasks, NodeProfilingConfigSpec current) =>
        NodePlan.Of(Make.Node("a"), tasks, [.. tasks.Select(task => task.Metadata.NamespaceProperty).Distinct().Select(Pod)],
            new NoOwners(), current, NodeLimits.DefaultCapturingTasks);

    private static Kubernetes.Objects.PodRecord Pod(string? name)
    {
        var pod = Make.Pod("cart-" + name, "a");
        pod.Metadata.NamespaceProperty = name;
        return pod;
    }

    private sealed class NoOwners : Kubernetes.Objects.IOwnerLookup
    {
        public k8s.Models.V1ObjectMeta? Find(string? @namespace, k8s.Models.V1OwnerReference owner) => null;
    }

    private static NetworkProfilingTask Started(string name, string @namespace, int second)
    {
        var task = Make.Task(name);
        task.Metadata.NamespaceProperty = @namespace;
        task.Metadata.Uid = name;
        return task with { Status = new() { StartTime = Start.AddSeconds(second), DeadlineTime = Start.AddHours(1) } };
    }
}
