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

    /// <param name="events">Receives the events on their way to the pipeline.</param>
    /// <param name="recorder">Null if nothing is recorded.</param>
    public CaptureLoop(CaptureSession session, ISocketEventHandler events, ExchangePipeline pipeline, ExchangeObserver observer,
        Recorder? recorder)
    {
        _events = events;
        _turns = new CaptureTurns(events, pipeline, observer, Questions, recorder) { Session = session };
        _thread = new LoopThread("capture", ThreadPriority.AboveNormal, Run, Questions);
    }

    /// <summary>Completes when everything captured was processed after <see cref="Stop"/>; faulted if the loop failed.</summary>
    public Task Ended => _thread.Ended;

    /// <summary>Reports sockets that are older than the kernel side. Call it before the start.</summary>
    public void Tell(SocketScan sockets) => sockets.Tell(_events);

    public void Start()
    {
        _thread.Start();
        _lookingAgain = Task.Run(LookAgainAsync);
    }

    public void Stop() => _isStopping = true;

    public Questions Questions { get; } = new();

    /// <summary>The session is not used afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_lookingAgain is null) return; // not started
        Stop();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _lookingAgain.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Finds the sockets that were opened between the first scan and the attachment of the kernel side.
    private async Task LookAgainAsync()
    {
        var sockets = SocketScan.Read();
        await Questions.AskAsync(() =>
        {
            // After the end, this thread does not own the pipeline.
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
