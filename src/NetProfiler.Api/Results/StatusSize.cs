using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NetProfiler.Api.Resources;

namespace NetProfiler.Api.Results;

/// <summary>
/// Limits the size of a status. Counts and conditions are always kept. A quarter of the limit is reserved for peers; of the top traces, the
/// first of each list precedes the second of any list. Equal statuses are cut identically.
/// </summary>
public static class StatusSize
{
    /// <summary>Maximum size of the status of one task, and of one node's report of one task, in bytes of JSON.</summary>
    public const int MaxTaskBytes = 64 * 1024;

    /// <summary>Maximum sum of a node's reports, in bytes of JSON: etcd accepts objects of up to 1.5 MiB.</summary>
    public const int MaxNodeBytes = 1024 * 1024;

    public static byte[] Serialize(NetworkProfilingTaskStatus status) =>
        JsonSerializer.SerializeToUtf8Bytes(status, ApiJson.Default.NetworkProfilingTaskStatus);

    public static NetworkProfilingTaskStatus Bound(NetworkProfilingTaskStatus status)
    {
        if (Serialize(status).Length <= MaxTaskBytes) return status;

        var bare = status with { TopTraces = new(), Peers = [], Truncated = true };
        var (traces, peers) = Fit(
            status.TopTraces ?? new(), status.Peers ?? [], ApiJson.Default.TaskPeer, MaxTaskBytes, MaxTaskBytes - Serialize(bare).Length);
        return bare with { TopTraces = traces, Peers = peers };
    }

    /// <param name="tasks">Number of tasks that share the node's <see cref="MaxNodeBytes"/>.</param>
    public static NodeTaskStatus Bound(NodeTaskStatus report, int tasks)
    {
        int maxBytes = int.Min(MaxTaskBytes, MaxNodeBytes / int.Max(1, tasks));
        if (Size(report) <= maxBytes) return report;

        var bare = report with { TopTraces = new(), Peers = [], Truncated = true };
        var (traces, peers) = Fit(report.TopTraces, report.Peers, ApiJson.Default.NodePeer, maxBytes, maxBytes - Size(bare));
        return bare with { TopTraces = traces, Peers = peers };

        static int Size(NodeTaskStatus report) => JsonSerializer.SerializeToUtf8Bytes(report, ApiJson.Default.NodeTaskStatus).Length;
    }

    private static (TaskTopTraces Traces, IReadOnlyList<TPeer> Peers) Fit<TPeer>(
        TaskTopTraces traces, IReadOnlyList<TPeer> peers, JsonTypeInfo<TPeer> type, int maxBytes, int left)
    {
        int[] sizes = Sizes(peers, type);
        int reserved = int.Min(maxBytes / 4, sizes.Sum());
        left -= reserved;
        var kept = Fit(traces, ref left);
        left += reserved;
        return (kept, [.. peers.Take(sizes.TakeWhile(size => (left -= size) >= 0).Count())]);
    }

    private static TaskTopTraces Fit(TaskTopTraces traces, ref int left)
    {
        IReadOnlyList<TaskTopTrace>[] lists = [traces.Slow, traces.ClientErrors, traces.ServerErrors];
        var sizes = Array.ConvertAll(lists, list => Sizes(list, ApiJson.Default.TaskTopTrace));
        var kept = new int[lists.Length];

        for (int rank = 0; rank < lists.Max(list => list.Count); rank++)
        for (int list = 0; list < lists.Length; list++)
        {
            if (rank >= lists[list].Count) continue;
            if (sizes[list][rank] > left) return Kept();
            left -= sizes[list][rank];
            kept[list]++;
        }

        return Kept();

        TaskTopTraces Kept() => new() { Slow = First(0), ClientErrors = First(1), ServerErrors = First(2) };

        IReadOnlyList<TaskTopTrace> First(int list) => [.. lists[list].Take(kept[list])];
    }

    // The size of each item with its comma.
    private static int[] Sizes<T>(IReadOnlyList<T> items, JsonTypeInfo<T> type) =>
        [.. items.Select(item => JsonSerializer.SerializeToUtf8Bytes(item, type).Length + 1)];
}
