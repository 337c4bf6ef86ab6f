using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NetProfiler.Api;
using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Keeps a node's report within what an object may weigh. Counts always stay; of the rest a quarter is the peers', and of each list of
/// traces the first go before the second of any. The same report is always cut at the same place.
/// </summary>
internal static class ReportSize
{
    /// <summary>Of one task.</summary>
    public const int MaxTaskBytes = 64 * 1024;

    /// <summary>Of all tasks of a node: etcd takes 1.5 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <param name="tasks">How many the node has.</param>
    public static NodeTaskStatus Bound(int tasks, NodeTaskStatus task)
    {
        int maxBytes = int.Min(MaxTaskBytes, MaxBytes / int.Max(1, tasks));
        int total = Bytes(task);
        if (total <= maxBytes) return task;

        var bare = task with { TopTraces = new(), Peers = [], Truncated = true };
        int left = maxBytes - Bytes(bare);
        int[] sizes = Sizes(task.Peers, ApiJson.Default.NodePeer);
        int forPeers = int.Min(maxBytes / 4, sizes.Sum());
        left -= forPeers;
        var traces = Cut(task.TopTraces, ref left);
        left += forPeers;
        int kept = sizes.TakeWhile(size => (left -= size) >= 0).Count();
        return bare with { TopTraces = traces, Peers = [.. task.Peers.Take(kept)] };
    }

    private static int Bytes(NodeTaskStatus task) => JsonSerializer.SerializeToUtf8Bytes(task, ApiJson.Default.NodeTaskStatus).Length;

    private static TaskTopTraces Cut(TaskTopTraces traces, ref int left)
    {
        IReadOnlyList<TaskTopTrace>[] lists = [traces.Slow, traces.ClientErrors, traces.ServerErrors];
        var sizes = Array.ConvertAll(lists, list => Sizes(list, ApiJson.Default.TaskTopTrace));
        var kept = new int[lists.Length];
        bool isFull = false;
        for (int rank = 0; !isFull && rank < lists.Max(list => list.Count); rank++)
        for (int list = 0; !isFull && list < lists.Length; list++)
        {
            if (rank >= lists[list].Count) continue;
            isFull = sizes[list][rank] > left;
            if (isFull) continue;
            left -= sizes[list][rank];
            kept[list]++;
        }

        return new()
        {
            Slow = [.. traces.Slow.Take(kept[0])],
            ClientErrors = [.. traces.ClientErrors.Take(kept[1])],
            ServerErrors = [.. traces.ServerErrors.Take(kept[2])],
        };
    }

    // Each with its comma.
    private static int[] Sizes<T>(IReadOnlyList<T> items, JsonTypeInfo<T> type) =>
        [.. items.Select(item => JsonSerializer.SerializeToUtf8Bytes(item, type).Length + 1)];
}
