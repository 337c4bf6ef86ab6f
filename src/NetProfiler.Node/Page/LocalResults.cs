using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;
using NetProfiler.Node.Output;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;

namespace NetProfiler.Node.Page;

/// <summary>The questions of the page to the thread that owns the pipeline.</summary>
/// <param name="Take">Returns the totals and every loss counter, as in the summary.</param>
/// <param name="Why">Returns why nothing is captured. Null if unknown.</param>
internal sealed record LocalQuestions(Func<Snapshot> Take, Func<IReadOnlyList<Edge>> Edges, TcpMetrics Tcp, Func<string?> Why)
{
    /// <summary>Set when the loop starts; until then, questions are answered on the calling thread.</summary>
    public Questions? Questions { get; set; }

    /// <summary>Completes when the last event has been processed.</summary>
    public Task Ended { get; set; } = Task.CompletedTask;
}

/// <summary>The results of a run or a replay in this process: one source with one task.</summary>
internal sealed class LocalResults(SourceInfo info, string name, RequestTable requests, LocalQuestions local) : IResultsSource, ITaskResults
{
    private readonly long _started = Micro(DateTime.UtcNow);

    public SourceInfo Info => info;

    public IReadOnlyList<ITaskResults> Tasks => [this];

    public string Namespace => "local";

    public string Name => name;

    public RequestTable Requests => requests;

    public async ValueTask<TaskState> StateAsync(CancellationToken cancellation)
    {
        var snapshot = await AskAsync(local.Take, cancellation).ConfigureAwait(false);
        var losses = snapshot.Losses.Where(loss => loss.Count > 0).ToList();
        return new TaskState(
            local.Ended.IsCompleted ? TaskPhase.Complete : TaskPhase.Running, _started, Micro(DateTime.UtcNow),
            [.. snapshot.Rows.Select(Totals)],
            Exactness.Of(snapshot.Exchanges, losses), snapshot.Exchanges == 0 ? local.Why() : null);
    }

    public async ValueTask<IReadOnlyList<Call>> CallsAsync(int most, CancellationToken cancellation) =>
        [.. Analysis.Metrics.Topology.Of(await AskAsync(local.Edges, cancellation).ConfigureAwait(false)).Take(most)];

    public async ValueTask<IReadOnlyList<TcpPair>> TcpAsync(CancellationToken cancellation) =>
        await AskAsync(() => local.Tcp.Series.Select(Pair).ToList(), cancellation).ConfigureAwait(false);

    private async Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation) =>
        local.Questions is { } questions ? await questions.AskAsync(question, cancellation).ConfigureAwait(false) : question();

    private static ProcessTotals Totals(TrafficOverview.Row row) => new(
        row.Process, row.Role == EndpointRole.Server ? "server" : "client", row.Latency.Count, row.StatusClasses[4], row.StatusClasses[5],
        row.Latency.Quantile(0.5) / 1000, row.Latency.Quantile(0.9) / 1000, row.Latency.Quantile(0.99) / 1000,
        row.Latency.MaxNanoseconds / 1000, row.InFlight);

    private static TcpPair Pair(TcpSeries series)
    {
        var labels = series.Peers?.All.ToDictionary(label => label.Name, label => label.Value) ?? [];
        return new TcpPair(labels.GetValueOrDefault("process", "other"), labels.GetValueOrDefault("peer", "other"),
            series.Role.ToString().ToLowerInvariant())
        {
            Opened = series.Opened,
            Closed = Enum.GetValues<ConnectionEnd>().Where(end => series.Ended(end) > 0)
                .ToDictionary(end => Words.SnakeCase(end.ToString()), series.Ended),
            ReadCalls = series.ReadCalls,
            WriteCalls = series.WriteCalls,
            ReadBytes = series.ReadBytes,
            WriteBytes = series.WriteBytes,
            Retransmissions = series.Retransmissions,
            ZeroWindows = series.ZeroWindows,
            SendBufferWait = series.SendBufferNanoseconds / 1000,
            PeerWindowWait = series.PeerWindowNanoseconds / 1000,
            RoundTrip = Mean(series.RoundTrip),
            Setup = Mean(series.Setup),
            Drops = series.Drops.ToDictionary(drop => drop.Reason, drop => drop.Packets),
        };
    }

    private static double? Mean(BucketCounts counts)
    {
        long count = 0;
        foreach (long one in counts.Counts) count += one;
        return count == 0 ? null : Math.Round(counts.Sum / 1e3 / count, 1);
    }

    private static long Micro(DateTime time) => (time - DateTime.UnixEpoch).Ticks / 10;
}
