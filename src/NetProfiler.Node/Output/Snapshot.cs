using NetProfiler.Analysis;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Output;

/// <summary>What a person is shown: a copy, taken on the ring-buffer thread.</summary>
internal sealed record Snapshot(
    long TimeNanoseconds,
    TrafficOverview.Row[] Rows,
    TopEntry[] Slowest,
    TopEntry[] Failed,
    long Exchanges,
    int Connections,
    (string Reason, long Count)[] Losses)
{
    /// <param name="more">What else can be lost, in words.</param>
    public static Snapshot Take(
        ICaptureCounters counters, ExchangePipeline pipeline, ExchangeObserver observer, LineOutput? lines, IEnumerable<(string Reason, long Count)> more)
    {
        var statistics = pipeline.Statistics;
        return new Snapshot(
            MonotonicClock.Nanoseconds,
            observer.Overview.Snapshot(),
            observer.Slowest.Snapshot(),
            observer.Failed.Snapshot(),
            statistics.Exchanges - observer.LeftOut,
            pipeline.Connections,
            [
                ("events lost, ring full", counters.Read(Counter.LostRingFull)),
                ("calls lost, connection table full", counters.Read(Counter.LostConnections) + statistics.ConnectionsRefused),
                ("calls lost, memory not readable", counters.Read(Counter.LostFault)),
                ("calls lost, too many segments", counters.Read(Counter.LostSegments)),
                ("calls lost, socket closed meanwhile", counters.Read(Counter.LostClosed)),
                ("calls lost, 32-bit program", counters.Read(Counter.LostCompat)),
                ("calls of any process lost, interrupted by another", counters.CountLeftOut()),
                .. Enum.GetValues<GapReason>().Select(reason => ($"bytes not seen, {Words.Spaced(reason.ToString())}", statistics.GapBytes(reason))),
                .. Enum.GetValues<UnpairedReason>().Select(reason => ($"unpaired, {Words.Spaced(reason.ToString())}", statistics.Unpaired(reason))),
                ("connections older than this run", statistics.ConnectionsOlder),
                ("exchanges assumed to be paired, client taken to wait for each answer", statistics.ExchangesAssumed - observer.LeftOut),
                ("exchanges left out, only assumed to be paired", observer.LeftOut),
                ("of them refuted later", statistics.ExchangesRefuted),
                ("connections left alone, TLS", statistics.ConnectionsTls),
                ("connections left alone, HTTP/2", statistics.ConnectionsHttp2),
                ("connections left alone, HTTP/0.9", statistics.ConnectionsHttp09),
                ("connections left alone, no HTTP", statistics.ConnectionsNotHttp),
                ("calls on connections left alone", counters.Read(Counter.IgnoredCalls)),
                ("bytes of connections left alone", statistics.LeftAloneBytes),
                ("times a connection let go of what it held, memory used up", statistics.ConnectionsGivenUp),
                ("times that content was not held, budget used up", statistics.MessagesNotHeld),
                ("exchanges whose rule was not searched, budget of patterns used up", observer.Tasks.Undecided),
                .. observer.Tasks.SwitchedOff.Select(rule => ($"rules switched off, pattern costs too much: {rule}", 1L)),
                .. more,
                ("lines dropped, output too slow", lines?.DroppedLines ?? 0),
                ("lines not written, output failed", lines?.UnwrittenLines ?? 0),
            ]);
    }
}
