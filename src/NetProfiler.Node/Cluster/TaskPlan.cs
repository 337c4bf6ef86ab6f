using System.Text.Json;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>A node's share of a task, in the words of analysis.</summary>
internal static class TaskPlan
{
    /// <exception cref="ArgumentException">A rule's pattern is none. The operator has looked at it; it may be of another
    /// version.</exception>
    /// <exception cref="NotSupportedException">A rule's pattern needs what patterns here do not have.</exception>
    public static ProfilingPlan Of(NodeTask share) => ProfilingPlan.Of(SpecOf(share)) with
    {
        Task = $"{share.Namespace}/{share.Name}",
        Deadline = null, // the agent's own business: it may be moved
        Containers = new TaskContainers(),
        Exporter = share.ExportRef?.Name,
    };

    /// <summary>Whether only targets and times differ. Nothing else of a task can be changed, where the API server knows rules.</summary>
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
