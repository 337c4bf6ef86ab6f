using NetProfiler.Analysis;
using NetProfiler.Capture;
using NetProfiler.Capture.Sockets;
using NetProfiler.Node.Report;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Cluster;

/// <summary>The ring-buffer thread of an agent: it owns the pipeline for as long as the process lives, and captures come and go.</summary>
internal sealed class AgentLoop : IDisposable
{
    private const int DrainPeriodMilliseconds = 2;
    private const int MaxEventsPerTurn = 16384;
    private const int MaxDrainTurns = 64;
    private const long SecondNanoseconds = 1_000_000_000;
    private const long SweepPeriodSeconds = 30;

    /// <summary>Without a capture there is nothing to look for but the time.</summary>
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(1);

    private readonly ExchangePipeline _pipeline;
    private readonly ExchangeObserver _observer;
    private readonly SwitchedKernel _kernel;
    private readonly TranslationFinder _events;
    private readonly Questions _questions = new();
    private readonly AutoResetEvent _asked = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private volatile bool _isStopping;

    // Ring-buffer thread only.
    private CaptureSession? _session;
    private long _nextSecond;
    private long _seconds;

    public AgentLoop(ExchangePipeline pipeline, ExchangeObserver observer, SwitchedKernel kernel)
    {
        _pipeline = pipeline;
        _observer = observer;
        _kernel = kernel;
        _events = new TranslationFinder(pipeline);
        _thread = new Thread(Run) { Name = "capture", IsBackground = true, Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Ends after <see cref="StopAsync"/>; faults when the loop did.</summary>
    public Task Ended => _ended.Task;

    public void Start() => _thread.Start();

    public Task StopAsync()
    {
        _isStopping = true;
        _asked.Set();
        return Ended;
    }

    /// <summary>Runs a question on the ring-buffer thread. It must be quick.</summary>
    public Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation = default)
    {
        var answer = _questions.AskAsync(question, cancellation);
        _asked.Set();
        return answer;
    }

    /// <summary>Runs a question when what was captured until now is counted.</summary>
    public Task<T> AskAfterAllAsync<T>(Func<T> question) => AskAsync(() =>
    {
        DrainAll();
        return question();
    });

    /// <param name="sockets">What was there before it.</param>
    public Task BeginAsync(CaptureSession session, SocketScan sockets) => AskAsync(() =>
    {
        sockets.Tell(_events);
        _kernel.Use(session);
        _session = session;
        return true;
    });

    /// <summary>Detaches, and hands on what was captured until then. The session is then its maker's to dispose of.</summary>
    public Task EndAsync() => AskAsync(() =>
    {
        _session?.Detach();
        DrainAll();
        _session?.ReadTallies(_events);
        _pipeline.Finish();
        _kernel.Leave();
        _session = null;
        return true;
    });

    public void Dispose()
    {
        _asked.Dispose();
        _events.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                int events = _session?.Drain(_events, MaxEventsPerTurn) ?? 0;
                _questions.Answer();

                long now = MonotonicClock.Nanoseconds;
                if (now >= _nextSecond) OnSecond(now);
                if (events == MaxEventsPerTurn) continue;
                _pipeline.Advance(now);
                if (_session is { } session) session.Wait(DrainPeriodMilliseconds);
                else _asked.WaitOne(IdlePeriod);
            }

            _questions.Close();
            _ended.SetResult();
        }
        catch (Exception failure)
        {
            _questions.Close();
            _ended.SetException(failure);
        }
    }

    private void OnSecond(long now)
    {
        _nextSecond = now + SecondNanoseconds;
        _session?.ReadTallies(_events);
        _observer.OnSecond(now, MonotonicClock.WallOffsetNanoseconds());
        if (++_seconds % SweepPeriodSeconds == 0) _pipeline.Sweep(now);
    }

    // A whole ring takes fewer turns; what comes meanwhile would never let it end.
    private void DrainAll()
    {
        if (_session is not { } session) return;
        for (int turn = 0; turn < MaxDrainTurns && session.Drain(_events, MaxEventsPerTurn) > 0; turn++)
        {
        }
    }
}
