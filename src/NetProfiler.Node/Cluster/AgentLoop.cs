using NetProfiler.Analysis;
using NetProfiler.Capture;
using NetProfiler.Capture.Sockets;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// The ring-buffer thread of an agent. It owns the pipeline for the lifetime of the process, while captures are attached and detached.
/// </summary>
internal sealed class AgentLoop : IDisposable
{
    /// <summary>Without a capture, only the time advances.</summary>
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(1);

    private readonly SwitchedKernel _kernel;
    private readonly TranslationFinder _events;
    private readonly Questions _questions = new();
    private readonly AutoResetEvent _asked = new(false);
    private readonly LoopThread _thread;
    private readonly CaptureTurns _turns;
    private volatile bool _isStopping;

    public AgentLoop(ExchangePipeline pipeline, ExchangeObserver observer, SwitchedKernel kernel)
    {
        _kernel = kernel;
        _events = new TranslationFinder(pipeline);
        _turns = new CaptureTurns(_events, pipeline, observer, _questions, recorder: null);
        _thread = new LoopThread("capture", ThreadPriority.AboveNormal, Run, _questions);
    }

    /// <summary>Completes when the thread has ended; faulted if it failed.</summary>
    public Task Ended => _thread.Ended;

    /// <summary>Runs the thread until cancelled; fails if the thread does.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var stopping = stoppingToken.Register(() =>
        {
            _isStopping = true;
            _asked.Set();
        });
        _thread.Start();
        await Ended.ConfigureAwait(false);
    }

    /// <summary>Runs a question on the ring-buffer thread. It must return quickly.</summary>
    public Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation = default)
    {
        var answer = _questions.AskAsync(question, cancellation);
        _asked.Set();
        return answer;
    }

    /// <summary>Runs a question after everything captured so far has been counted.</summary>
    public Task<T> AskAfterAllAsync<T>(Func<T> question) => AskAsync(() =>
    {
        _turns.Drain();
        return question();
    });

    /// <param name="sockets">The sockets that are older than the session.</param>
    public Task BeginAsync(CaptureSession session, SocketScan sockets) => AskAsync(() =>
    {
        sockets.Tell(_events);
        _kernel.Use(session);
        _turns.Session = session;
        return true;
    });

    /// <summary>Detaches, and processes what was captured until then. Afterwards the caller disposes of the session.</summary>
    public Task EndAsync() => AskAsync(() =>
    {
        _turns.Finish();
        _kernel.Leave();
        _turns.Session = null;
        return true;
    });

    public void Dispose()
    {
        _asked.Dispose();
        _events.Dispose();
    }

    private void Run()
    {
        while (!_isStopping)
        {
            _turns.Next();
            if (_turns.Session is null) _asked.WaitOne(IdlePeriod);
        }
    }
}
