using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Tests.Recordings;

/// <summary>A copy of a data event.</summary>
internal sealed record TakenData(
    ulong Connection, Direction Direction, SocketCall Call, Uncaptured Uncaptured, bool IsContinued, int ProcessId, long Time, long Start,
    long Arrived, uint ArrivedLength,
    uint Position, uint Length, uint Offset, byte[] Bytes, bool HasOpposite, uint OppositeTaken, uint OppositeThere)
{
    public static TakenData Of(in SocketData data) => new(
        data.Connection, data.Direction, data.Call, data.Uncaptured, data.IsContinued, data.ProcessId, data.TimeNanoseconds,
        data.StartNanoseconds, data.ArrivedNanoseconds,
        data.ArrivedLength, data.Position, data.Length, data.Offset, data.Bytes.ToArray(), data.HasOpposite, data.OppositeTaken,
        data.OppositeThere);

    public void Tell(ISocketEventHandler handler) => handler.OnData(new SocketData
    {
        Connection = Connection,
        Direction = Direction,
        Call = Call,
        Uncaptured = Uncaptured,
        IsContinued = IsContinued,
        ProcessId = ProcessId,
        TimeNanoseconds = Time,
        StartNanoseconds = Start,
        ArrivedNanoseconds = Arrived,
        ArrivedLength = ArrivedLength,
        Position = Position,
        Length = Length,
        Offset = Offset,
        Bytes = Bytes,
        HasOpposite = HasOpposite,
        OppositeTaken = OppositeTaken,
        OppositeThere = OppositeThere,
    });
}

/// <summary>The data events of a recording, by connection, in order.</summary>
internal sealed class TakenEvents : IReplayHandler
{
    public Dictionary<ulong, List<TakenData>> Connections { get; } = [];

    public static TakenEvents Of(byte[] file)
    {
        var taken = new TakenEvents();
        var source = EventSource.Open(new MemoryStream(file), EndpointRole.Server);
        while (source.Read(taken))
        {
        }

        Assert.Null(source.Fault);
        return taken;
    }

    public void OnOpen(in SocketOpen open)
    {
        Assert.True(open.FromStart);
        Connections.TryAdd(open.Connection, []);
    }

    public void OnData(in SocketData data)
    {
        if (data.Length > 0) Connections[data.Connection].Add(TakenData.Of(data));
    }

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds)
    {
    }

    public void OnClose(in SocketClose close)
    {
    }

    public void OnTally(in SocketTally tally)
    {
    }

    public void OnDrop(ulong connection, string reason, long timeNanoseconds)
    {
    }

    public void OnProcessExit(int processId, long timeNanoseconds)
    {
    }

    public void OnTime(long nowNanoseconds)
    {
    }

    public void OnClock(long nowNanoseconds, long wallOffsetNanoseconds)
    {
    }

    public void OnSweep(long nowNanoseconds)
    {
    }

    public void OnOwner(in SocketOwner owner)
    {
    }

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
    }

    public void OnStream(in SocketStream stream)
    {
    }

    public void OnStreamEnd(in SocketStreamEnd end)
    {
    }

    public void OnHost(uint networkNamespace, EndpointAddress address)
    {
    }
}
