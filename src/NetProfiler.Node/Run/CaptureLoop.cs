using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Sockets;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;

namespace NetProfiler.Node.Run;

/// <summary>The ring-buffer thread of a run.</summary>
internal sealed class CaptureLoop : IEventLoop, IAsyncDisposable
{
    private readonly ISocketEventHandler _events;
    private readonly CaptureTurns _turns;
    private readonly LoopThread _thread;
    private volatile bool _isStopping;
    private Task? _lookingAgain;

    /// <param name="events">Takes the events on their way to the pipeline.</param>
    /// <param name="recorder">Null: nothing is recorded.</param>
    public CaptureLoop(CaptureSession session, ISocketEventHandler events, ExchangePipeline pipeline, ExchangeObserver observer,
        Recorder? recorder)
    {
        _events = events;
        _turns = new CaptureTurns(events, pipeline, observer, Questions, recorder) { Session = session };
        _thread = new LoopThread("capture", ThreadPriority.AboveNormal, Run, Questions);
    }

    /// <summary>Ends when everything captured was handed on after <see cref="Stop"/>; faults when the loop did.</summary>
    public Task Ended => _thread.Ended;

    /// <summary>Tells of sockets that are older than the kernel side, before the start.</summary>
    public void Tell(SocketScan sockets) => sockets.Tell(_events);

    public void Start()
    {
        _thread.Start();
        _lookingAgain = Task.Run(LookAgainAsync);
    }

    public void Stop() => _isStopping = true;

    public Questions Questions { get; } = new();

    /// <summary>Nothing uses the session after it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_lookingAgain is null) return; // was not started
        Stop();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _lookingAgain.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Who came between the first look and the kernel side.
    private async Task LookAgainAsync()
    {
        var sockets = SocketScan.Read();
        await Questions.AskAsync(() =>
        {
            // After the end this thread is not the owner of the pipeline.
            if (!_isStopping) sockets.Tell(_events);
            return true;
        }).ConfigureAwait(false);
    }

    private void Run()
    {
        while (!_isStopping) _turns.Next();
        _turns.Finish();
    }
}
