using NetProfiler.Analysis;
using NetProfiler.Analysis.Connections;
using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Sockets;
using NetProfiler.Node.Report;

namespace NetProfiler.Node.Run;

/// <summary>The ring-buffer thread: from the ring to the sinks, without locks.</summary>
internal sealed class CaptureLoop : IEventLoop
{
    /// <summary>How long events may wait in the ring. The kernel side calls earlier when it fills.</summary>
    private const int DrainPeriodMilliseconds = 2;

    /// <summary>After so many events questions are answered, however many more there are.</summary>
    private const int MaxEventsPerTurn = 16384;

    private const long SecondNanoseconds = 1_000_000_000;
    private const long SweepPeriodSeconds = 30;

    private readonly CaptureSession _session;
    private readonly ExchangePipeline _pipeline;
    private readonly ExchangeObserver _observer;
    private readonly Recorder? _recorder;
    private readonly ISocketEventHandler _events;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <param name="events">Takes the events on their way to the pipeline.</param>
    /// <param name="recorder">Null: nothing is recorded.</param>
    public CaptureLoop(CaptureSession session, ISocketEventHandler events, ExchangePipeline pipeline, ExchangeObserver observer, Recorder? recorder)
    {
        _session = session;
        _pipeline = pipeline;
        _observer = observer;
        _recorder = recorder;
        _events = events;
        _thread = new Thread(Run) { Name = "capture", IsBackground = true, Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Ends when everything captured was handed on after <see cref="Stop"/>; faults when the loop did.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Tells of sockets that are older than the kernel side, before the start.</summary>
    public void Tell(SocketScan sockets) => sockets.Tell(_events);

    public void Start()
    {
        _thread.Start();
        _ = Task.Run(LookAgainAsync);
    }

    public void Stop() => _isStopping = true;

    public Questions Questions { get; } = new();

    // Who came between the first look and the kernel side.
    private async Task LookAgainAsync()
    {
        var sockets = SocketScan.Read();
        await Questions.AskAsync(() =>
        {
            sockets.Tell(_events);
            return true;
        }).ConfigureAwait(false);
    }

    private void Run()
    {
        try
        {
            long nextSecond = 0, seconds = 0;
            while (!_isStopping)
            {
                int events = _session.Drain(_events, MaxEventsPerTurn);
                Questions.Answer();
                _observer.Flush();

                long now = MonotonicClock.Nanoseconds;
                if (now >= nextSecond)
                {
                    nextSecond = now + SecondNanoseconds;
                    _session.ReadTallies(_events);
                    long wallOffset = MonotonicClock.WallOffsetNanoseconds();
                    _observer.OnSecond(now, wallOffset);
                    _recorder?.OnClock(now, wallOffset);
                    if (++seconds % SweepPeriodSeconds == 0) Sweep(now);
                }

                if (events == MaxEventsPerTurn) continue;
                _pipeline.Advance(now);
                _recorder?.OnTime(now);
                _session.Wait(DrainPeriodMilliseconds);
            }

            _session.Detach();
            while (_session.Drain(_events, MaxEventsPerTurn) > 0)
            {
            }

            _session.ReadTallies(_events);
            _pipeline.Finish();
            _observer.Flush();
            Questions.Close();
            _ended.SetResult();
        }
        catch (Exception failure)
        {
            Questions.Close();
            _ended.SetException(failure);
        }
    }

    private void Sweep(long now)
    {
        _pipeline.Sweep(now);
        _recorder?.OnSweep(now);
    }
}
