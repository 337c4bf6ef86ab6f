using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;

namespace NetProfiler.Node.Run;

/// <summary>
/// One iteration of the ring-buffer thread, of a run and of an agent: from the ring to the sinks, without locks. That thread only.
/// </summary>
/// <param name="events">Receives the events on their way to the pipeline.</param>
/// <param name="recorder">Null if nothing is recorded.</param>
internal sealed class CaptureTurns(ISocketEventHandler events, ExchangePipeline pipeline, ExchangeObserver observer, Questions questions,
    Recorder? recorder)
{
    /// <summary>Maximum time that events wait in the ring. The kernel side wakes this thread earlier when the ring fills.</summary>
    private const int DrainPeriodMilliseconds = 2;

    /// <summary>Maximum number of events before questions are answered.</summary>
    private const int MaxEventsPerTurn = 16384;

    /// <summary>Enough for a whole ring of the smallest records; without a limit, new events could keep it from ending.</summary>
    private const int MaxTurnsToDrain = 64;

    private const long SecondNanoseconds = 1_000_000_000;
    private const long SweepPeriodSeconds = 30;

    private long _nextSecond;
    private long _seconds;

    /// <summary>Null while nothing is captured. Questions may change it.</summary>
    public CaptureSession? Session { get; set; }

    /// <summary>Processes one turn. Returns when the next turn has work, or is due; without a session, at once.</summary>
    public void Next()
    {
        int handedOver = Session?.Drain(events, MaxEventsPerTurn) ?? 0;
        questions.Answer();

        long now = MonotonicClock.Nanoseconds;
        observer.FlushAged(now);
        if (now >= _nextSecond) OnSecond(now);
        if (handedOver == MaxEventsPerTurn) return;
        pipeline.Advance(now);
        recorder?.OnTime(now);
        Session?.Wait(DrainPeriodMilliseconds);
    }

    /// <summary>Processes everything captured so far.</summary>
    public void Drain()
    {
        if (Session is not { } session) return;
        for (int turn = 0; turn < MaxTurnsToDrain && session.Drain(events, MaxEventsPerTurn) > 0; turn++)
        {
        }
    }

    /// <summary>Detaches, processes what was captured until then, and counts open exchanges as in flight.</summary>
    public void Finish()
    {
        Session?.Detach();
        Drain();
        Session?.ReadTallies(events);
        pipeline.Finish();
        observer.Flush();
    }

    private void OnSecond(long now)
    {
        _nextSecond = now + SecondNanoseconds;
        Session?.ReadTallies(events);
        long wallOffset = MonotonicClock.WallOffsetNanoseconds();
        observer.OnSecond(now, wallOffset);
        recorder?.OnClock(now, wallOffset);
        if (++_seconds % SweepPeriodSeconds != 0) return;
        pipeline.Sweep(now);
        recorder?.OnSweep(now);
    }
}
