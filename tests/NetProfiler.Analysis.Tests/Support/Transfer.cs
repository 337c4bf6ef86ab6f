using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>A call that moved bytes, as the kernel side tells of it.</summary>
internal sealed record Transfer(ulong Connection, Direction Direction, SocketCall Call, uint Position, byte[] Bytes, long Started,
    long Returned)
{
    /// <summary>Bytes moved, where they are not all in <see cref="Bytes"/>.</summary>
    public uint Length { get; init; } = (uint)Bytes.Length;

    public uint Offset { get; init; }

    public Uncaptured Uncaptured { get; init; }

    public bool IsContinued { get; init; }

    /// <summary>How long before the return the first bytes lay ready; null: not known.</summary>
    public long? ReadyFor { get; init; }

    /// <summary>Bytes of which that is said.</summary>
    public uint ReadyLength { get; init; }

    public uint Retransmissions { get; init; }

    /// <summary>Where the opposite stream stood; null: the source does not tell.</summary>
    public (uint Taken, uint There)? Opposite { get; init; }

    /// <summary>The same call, of which only the first bytes were copied.</summary>
    public Transfer CapturedOnly(int bytes) => this with { Bytes = Bytes[..int.Min(bytes, Bytes.Length)], Uncaptured = Uncaptured.Limited };

    /// <summary>Tells, as the kernel side does at the end where it lost something, where the stream stands after this call.</summary>
    public void DeliverEnd(ISocketEventHandler handler) =>
        (this with { Position = Position + Length, Length = 0, Offset = 0, Bytes = [], Uncaptured = 0 }).Deliver(handler);

    public void Deliver(ISocketEventHandler handler) => handler.OnData(new SocketData
    {
        Connection = Connection,
        Direction = Direction,
        Call = Call,
        Uncaptured = Uncaptured,
        ProcessId = 1,
        TimeNanoseconds = Returned,
        StartNanoseconds = Started,
        ArrivedNanoseconds = ReadyFor is { } ready ? Returned - ready : 0,
        ArrivedLength = ReadyLength,
        Retransmissions = Retransmissions,
        Position = Position,
        Length = Length,
        Offset = Offset,
        Bytes = Bytes,
        IsContinued = IsContinued,
        HasOpposite = Opposite is not null,
        OppositeTaken = Opposite?.Taken ?? 0,
        OppositeThere = Opposite?.There ?? 0,
    });
}
