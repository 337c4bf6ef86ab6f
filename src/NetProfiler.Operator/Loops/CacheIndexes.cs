using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Operator.Loops;

/// <summary>The indexes of the caches.</summary>
internal static class CacheIndexes
{
    public const string TasksByNamespace = "namespace";
    public const string PodsByNamespace = "namespace";
    public const string PodsByNode = "node";
    public const string ConfigsByTask = "task";

    public static IReadOnlyDictionary<string, Func<NetworkProfilingTask, IEnumerable<string>>> OfTasks { get; } =
        new Dictionary<string, Func<NetworkProfilingTask, IEnumerable<string>>> { [TasksByNamespace] = task =>
            [task.Metadata.NamespaceProperty ?? ""] };

    public static IReadOnlyDictionary<string, Func<PodRecord, IEnumerable<string>>> OfPods { get; } =
        new Dictionary<string, Func<PodRecord, IEnumerable<string>>>
        {
            [PodsByNamespace] = pod => [pod.Metadata.NamespaceProperty ?? ""],
            [PodsByNode] = pod => pod.Spec.NodeName is { } node ? [node] : [],
        };

    /// <summary>
    /// By the uids in the specification, which the operator owns: statuses of tasks that were not assigned to the agent are ignored.
    /// </summary>
    public static IReadOnlyDictionary<string, Func<NodeProfilingConfig, IEnumerable<string>>> OfConfigs { get; } =
        new Dictionary<string, Func<NodeProfilingConfig, IEnumerable<string>>> { [ConfigsByTask] = config =>
            config.Spec.Tasks.Select(task => task.Uid) };
}
