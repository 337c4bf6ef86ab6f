using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;

namespace NetProfiler.Node.Replay;

/// <summary>The thread of a replay: processes a file from its events to the sinks.</summary>
internal sealed class ReplayLoop : IEventLoop, IReplayHandler
{
    private const int RecordsPerTurn = 1024;

    private readonly IEventSource _source;
    private readonly ExchangePipeline _pipeline;
    private readonly ExchangeObserver _observer;
    private readonly ISocketEventHandler _events;
    private readonly LoopThread _thread;
    private volatile bool _isStopping;

    /// <param name="events">Receives the events on their way to the pipeline.</param>
    public ReplayLoop(IEventSource source, ISocketEventHandler events, ExchangePipeline pipeline, ExchangeObserver observer)
    {
        _source = source;
        _events = events;
        _pipeline = pipeline;
        _observer = observer;
        _thread = new LoopThread("replay", ThreadPriority.Normal, Run, Questions);
    }

    public Task Ended => _thread.Ended;

    public Questions Questions { get; } = new();

    public bool IsStopping => _isStopping;

    /// <summary>Whether it was stopped before the end of the file. Valid after <see cref="Ended"/>.</summary>
    public bool WasStopped { get; private set; }

    public void Start() => _thread.Start();

    public void Stop() => _isStopping = true;

    /// <summary>There is nothing to do at the moment: flushes the output.</summary>
    public void OnIdle()
    {
        _observer.Flush();
        Questions.Answer();
    }

    public void OnOpen(in SocketOpen open) => _events.OnOpen(open);

    public void OnData(in SocketData data) => _events.OnData(data);

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) => _events.OnEnd(connection, direction, timeNanoseconds);

    public void OnClose(in SocketClose close) => _events.OnClose(close);

    public void OnTally(in SocketTally tally) => _events.OnTally(tally);

    public void OnDrop(ulong connection, string reason, long timeNanoseconds) => _events.OnDrop(connection, reason, timeNanoseconds);

    public void OnProcessExit(int processId, long timeNanoseconds) => _events.OnProcessExit(processId, timeNanoseconds);

    public void OnOwner(in SocketOwner owner) => _events.OnOwner(owner);

    public void OnHost(uint networkNamespace, EndpointAddress address) => _events.OnHost(networkNamespace, address);

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote) =>
        _events.OnTranslated(connection, local, remote);

    public void OnStream(in SocketStream stream) => _events.OnStream(stream);

    public void OnStreamEnd(in SocketStreamEnd end) => _events.OnStreamEnd(end);

    public void OnTime(long nowNanoseconds) => _pipeline.Advance(nowNanoseconds);

    public void OnClock(long nowNanoseconds, long wallOffsetNanoseconds) => _observer.OnSecond(nowNanoseconds, wallOffsetNanoseconds);

    public void OnSweep(long nowNanoseconds) => _pipeline.Sweep(nowNanoseconds);

    private void Run()
    {
        for (int records = 0; !_isStopping && _source.Read(this); records++)
        {
            if (records % RecordsPerTurn == 0) Questions.Answer();
        }

        WasStopped = _isStopping;
        _pipeline.Finish();
        _observer.Flush();
    }
}
