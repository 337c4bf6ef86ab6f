using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Output;
using NetProfiler.Web.Results;

namespace NetProfiler.Node.Exchanges;

/// <summary>A copy of the results for display, taken on the ring-buffer thread.</summary>
internal sealed record Snapshot(
    long TimeNanoseconds,
    TrafficOverview.Row[] Rows,
    TopEntry[] Slowest,
    TopEntry[] Failed,
    long Exchanges,
    int Connections,
    Loss[] Losses)
{
    /// <param name="more">Further kinds of loss.</param>
    public static Snapshot Take(
        ICaptureCounters counters, ExchangePipeline pipeline, ExchangeObserver observer, LineOutput? lines, IEnumerable<Loss> more)
    {
        var statistics = pipeline.Statistics;
        return new Snapshot(
            MonotonicClock.Nanoseconds,
            observer.Overview.Snapshot(),
            observer.Slowest.Snapshot(),
            observer.Failed.Snapshot(),
            statistics.Exchanges - observer.LeftOut - observer.Excluded.Exchanges,
            pipeline.Connections,
            [
                new("events lost, ring full", counters.Read(Counter.LostRingFull), LossKind.Lost),
                new("calls lost, connection table full", counters.Read(Counter.LostConnections) + statistics.ConnectionsRefused,
                    LossKind.Lost),
                new("calls lost, memory not readable", counters.Read(Counter.LostFault), LossKind.Lost),
                new("calls lost, too many segments", counters.Read(Counter.LostSegments), LossKind.Lost),
                new("calls lost, socket closed meanwhile", counters.Read(Counter.LostClosed), LossKind.Lost),
                new("calls lost, 32-bit program", counters.Read(Counter.LostCompat), LossKind.Lost),
                new("calls lost, io_uring", counters.Read(Counter.LostIoUring), LossKind.Lost),
                new("calls of any process lost, interrupted by another", counters.CountLeftOut(), LossKind.Lost),
                .. Enum.GetValues<GapReason>().Select(reason =>
                    new Loss($"bytes not seen, {Words.Spaced(reason.ToString())}", statistics.GapBytes(reason), LossKind.Lost)),
                .. Enum.GetValues<UnpairedReason>()
                    .Select(reason => new Loss($"unpaired, {Words.Spaced(reason.ToString())}", statistics.Unpaired(reason),
                    IsUnfinished(reason) ? LossKind.Unfinished : LossKind.Lost)),
                new("connections older than this run", statistics.ConnectionsOlder, LossKind.LeftAlone),
                new("exchanges assumed to be paired, client taken to wait for each answer", statistics.ExchangesAssumed - observer.LeftOut,
                    LossKind.Assumed),
                new("exchanges left out, only assumed to be paired", observer.LeftOut, LossKind.Assumed),
                .. observer.Excluded.ByRule.Select(one => new Loss($"requests excluded by rule {one.Rule}", one.Count, LossKind.Excluded)),
                new("of them refuted later", statistics.ExchangesRefuted, LossKind.Assumed),
                new("connections left alone, TLS", statistics.ConnectionsTls - statistics.ConnectionsTlsRead, LossKind.LeftAlone),
                .. Enum.GetValues<TlsUnreadReason>()
                    .Select(reason => new Loss($"TLS connections not read, {Words.Spaced(reason.ToString())}",
                    pipeline.TlsUnread.Of(reason), LossKind.LeftAlone)),
                new("TLS sessions with plaintext and no known connection",
                    counters.Read(Counter.TlsUnbound) + statistics.TlsSessionsRefused, LossKind.Lost),
                new("TLS sessions not read, table full", counters.Read(Counter.TlsLostStreams), LossKind.Lost),
                new("calls of TLS libraries lost", counters.Read(Counter.TlsLostCalls), LossKind.Lost),
                new("calls of TLS libraries on two connections", counters.Read(Counter.TlsTwoCarriers), LossKind.LeftAlone),
                new("connections left alone, HTTP/2", statistics.ConnectionsHttp2, LossKind.LeftAlone),
                new("connections left alone, HTTP/0.9", statistics.ConnectionsHttp09, LossKind.LeftAlone),
                new("connections left alone, no HTTP", statistics.ConnectionsNotHttp, LossKind.LeftAlone),
                new("calls on connections left alone", counters.Read(Counter.IgnoredCalls), LossKind.LeftAlone),
                new("bytes of connections left alone", statistics.LeftAloneBytes, LossKind.LeftAlone),
                new("times a connection let go of what it held, memory used up", statistics.ConnectionsGivenUp, LossKind.Lost),
                new("times that content was not held, budget used up", statistics.MessagesNotHeld, LossKind.Output),
                new("exchanges whose rule was not searched, budget of patterns used up", observer.Tasks.Undecided, LossKind.Output),
                .. observer.Tasks.SwitchedOff.Select(rule =>
                    new Loss($"rules switched off, pattern costs too much: {rule}", 1, LossKind.Output)),
                .. more,
                new("lines dropped, output too slow", lines?.DroppedLines ?? 0, LossKind.Output),
                new("lines not written, output failed", lines?.UnwrittenLines ?? 0, LossKind.Output),
            ]);
    }

    // These are shown as requests, with the side that ended them.
    private static bool IsUnfinished(UnpairedReason reason) =>
        reason is UnpairedReason.NoResponse or UnpairedReason.ResponseIncomplete or UnpairedReason.InFlight;
}
