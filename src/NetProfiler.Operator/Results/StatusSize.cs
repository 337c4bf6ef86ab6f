using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NetProfiler.Api;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>
/// Keeps a status within its bound. Top traces go first, the first of each list before the second of any; a quarter is the peers'.
/// The same status is always cut at the same place.
/// </summary>
internal static class StatusSize
{
    public const int MaxBytes = 64 * 1024;

    private const int ReservedForPeers = MaxBytes / 4;

    public static byte[] Bytes(NetworkProfilingTaskStatus status) =>
        JsonSerializer.SerializeToUtf8Bytes(status, ApiJson.Default.NetworkProfilingTaskStatus);

    public static NetworkProfilingTaskStatus Bound(NetworkProfilingTaskStatus status)
    {
        if (Bytes(status).Length <= MaxBytes) return status;

        var bare = status with { TopTraces = new(), Peers = [], Truncated = true };
        int left = MaxBytes - Bytes(bare).Length;
        int[] peers = Sizes(status.Peers ?? [], ApiJson.Default.TaskPeer);

        int forPeers = int.Min(ReservedForPeers, peers.Sum());
        left -= forPeers;
        var traces = Cut(status.TopTraces ?? new(), ref left);

        left += forPeers;
        int kept = peers.TakeWhile(size => (left -= size) >= 0).Count();
        return bare with { TopTraces = traces, Peers = [.. (status.Peers ?? []).Take(kept)] };
    }

    private static TaskTopTraces Cut(TaskTopTraces traces, ref int left)
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

    /// <summary>Each with its comma.</summary>
    private static int[] Sizes<T>(IReadOnlyList<T> items, JsonTypeInfo<T> type) =>
        [.. items.Select(item => JsonSerializer.SerializeToUtf8Bytes(item, type).Length + 1)];
}
