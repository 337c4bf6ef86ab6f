using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Operator.Targets;

/// <summary>The pods and containers that currently match a task's selectors, over all nodes.</summary>
internal sealed record ResolvedTargets
{
    /// <summary>Number of matching pods, running or not.</summary>
    public int MatchingPods { get; private init; }

    /// <summary>Number of matching pods on nodes that the task excludes, or that are unknown.</summary>
    public int ExcludedPods { get; private init; }

    /// <summary>Number of matching pods without a container that the task names.</summary>
    public int PodsWithoutContainer { get; private init; }

    /// <summary>Number of pods with a running container on a node of the task.</summary>
    public int Pods { get; private init; }

    /// <summary>Number of running containers by node.</summary>
    public IReadOnlyDictionary<string, int> ContainersByNode { get; private init; } = new Dictionary<string, int>();

    public int Containers => ContainersByNode.Values.Sum();

    /// <param name="pods">At least the pods in the task's namespace.</param>
    /// <param name="nodeLabels">Returns null for an unknown node.</param>
    public static ResolvedTargets Of(
        NetworkProfilingTask task, IEnumerable<PodRecord> pods, IOwnerLookup owners,
        Func<string, IReadOnlyDictionary<string, string>?> nodeLabels)
    {
        int matching = 0, excluded = 0, running = 0, without = 0;
        var byNode = new SortedDictionary<string, int>(StringComparer.Ordinal);

        foreach (var pod in pods.Where(pod => TargetMatch.Means(task, pod, owners)))
        {
            matching++;
            var containers = TargetMatch.Containers(task, pod, owners);
            if (containers.Count == 0 && !TargetMatch.HasContainer(task, pod, owners)) without++;
            if (containers.Count == 0 || pod.Spec.NodeName is not { } node) continue;

            if (!task.Spec.NodeSelector.SelectsNode(nodeLabels(node)))
            {
                excluded++;
                continue;
            }

            running++;
            byNode[node] = byNode.GetValueOrDefault(node) + containers.Count;
        }

        return new() { MatchingPods = matching, ExcludedPods = excluded, PodsWithoutContainer = without, Pods = running,
            ContainersByNode = byNode };
    }
}
