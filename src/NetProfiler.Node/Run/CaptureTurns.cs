using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;

namespace NetProfiler.Node.Run;

/// <summary>
/// What the ring-buffer thread does over and over, of a run and of an agent: from the ring to the sinks, without locks. That thread only.
/// </summary>
/// <param name="events">Takes the events on their way to the pipeline.</param>
/// <param name="recorder">Null: nothing is recorded.</param>
internal sealed class CaptureTurns(ISocketEventHandler events, ExchangePipeline pipeline, ExchangeObserver observer, Questions questions,
    Recorder? recorder)
{
    /// <summary>How long events may wait in the ring. The kernel side calls earlier when it fills.</summary>
    private const int DrainPeriodMilliseconds = 2;

    /// <summary>After so many events questions are answered, however many more there are.</summary>
    private const int MaxEventsPerTurn = 16384;

    /// <summary>A whole ring of the smallest records takes no more; what comes meanwhile would never let it end.</summary>
    private const int MaxTurnsToDrain = 64;

    private const long SecondNanoseconds = 1_000_000_000;
    private const long SweepPeriodSeconds = 30;

    private long _nextSecond;
    private long _seconds;

    /// <summary>Null: nothing is captured at this time. Questions may change it.</summary>
    public CaptureSession? Session { get; set; }

    /// <summary>One turn. It ends when the next has something to do, or its time has come; without a session at once.</summary>
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

    /// <summary>Hands on what was captured until now.</summary>
    public void Drain()
    {
        if (Session is not { } session) return;
        for (int turn = 0; turn < MaxTurnsToDrain && session.Drain(events, MaxEventsPerTurn) > 0; turn++)
        {
        }
    }

    /// <summary>Detaches, hands on what was captured until then, and counts what is still open as in flight.</summary>
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
