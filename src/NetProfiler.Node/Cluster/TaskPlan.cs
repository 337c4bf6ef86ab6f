using System.Text.Json;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>Converts a node's share of a task to a plan of the analysis.</summary>
internal static class TaskPlan
{
    /// <exception cref="ArgumentException">A rule's pattern is invalid. The operator has validated it, but may have another
    /// version.</exception>
    /// <exception cref="NotSupportedException">A rule's pattern uses a construct that is not supported.</exception>
    public static ProfilingPlan Of(NodeTask share) => ProfilingPlan.Of(SpecOf(share)) with
    {
        Task = $"{share.Namespace}/{share.Name}",
        Deadline = null, // the agent enforces it, because it may be moved
        Containers = new TaskContainers(),
        Exporter = share.ExportRef?.Name,
    };

    /// <summary>
    /// Whether only targets and times differ. The API server's validation rules do not permit any other change of a task.
    /// </summary>
    public static bool HasSameRules(NodeTask one, NodeTask other) => ReferenceEquals(one, other) || Rules(one).SequenceEqual(Rules(other));

    private static byte[] Rules(NodeTask share) => JsonSerializer.SerializeToUtf8Bytes(
        new NetworkProfilingTask { Spec = SpecOf(share) }, ApiJson.Default.NetworkProfilingTask);

    private static NetworkProfilingTaskSpec SpecOf(NodeTask share) => new()
    {
        Direction = share.Direction,
        Pairing = share.Pairing,
        Sampling = share.Sampling,
        Redaction = share.Redaction,
        Metrics = share.Metrics,
        Tls = share.Tls,
        ExportRef = share.ExportRef,
    };
}
