using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>A copy of an event that waits for earlier events.</summary>
internal readonly struct WaitingEvent
{
    private readonly byte[]? _bytes;
    private readonly int _captured;
    private readonly ulong _connection;
    private readonly SocketCall _call;
    private readonly Uncaptured _uncaptured;
    private readonly bool _isContinued;
    private readonly int _processId;
    private readonly long _time;
    private readonly long _start;
    private readonly long _arrived;
    private readonly uint _arrivedLength;
    private readonly uint _length;
    private readonly uint _offset;
    private readonly uint _taken;
    private readonly uint _there;
    private readonly uint _roundTrip;
    private readonly uint _retransmissions;

    public WaitingEvent(in SocketData data, uint needed, HeldBuffers buffers)
    {
        (Direction, Position, Needed) = (data.Direction, data.Position, needed);
        (_connection, _call, _uncaptured, _isContinued, _processId) = (data.Connection, data.Call, data.Uncaptured, data.IsContinued,
            data.ProcessId);
        (_time, _start, _arrived, _arrivedLength) = (data.TimeNanoseconds, data.StartNanoseconds, data.ArrivedNanoseconds,
            data.ArrivedLength);
        (_length, _offset, _taken, _there) = (data.Length, data.Offset, data.OppositeTaken, data.OppositeThere);
        (_roundTrip, _retransmissions) = (data.RoundTripMicroseconds, data.Retransmissions);
        _captured = data.Bytes.Length;
        if (_captured == 0) return;
        _bytes = buffers.Rent(_captured);
        data.Bytes.CopyTo(_bytes);
    }

    public Direction Direction { get; }

    public uint Position { get; }

    public uint End => Position + _length;

    /// <summary>Position that the opposite stream must have reached before this event is processed.</summary>
    public uint Needed { get; }

    public int Memory => _bytes?.Length ?? 0;

    public SocketData Data => new()
    {
        Connection = _connection,
        Direction = Direction,
        Call = _call,
        Uncaptured = _uncaptured,
        IsContinued = _isContinued,
        ProcessId = _processId,
        TimeNanoseconds = _time,
        StartNanoseconds = _start,
        ArrivedNanoseconds = _arrived,
        ArrivedLength = _arrivedLength,
        Position = Position,
        Length = _length,
        Offset = _offset,
        HasOpposite = true,
        OppositeTaken = _taken,
        OppositeThere = _there,
        RoundTripMicroseconds = _roundTrip,
        Retransmissions = _retransmissions,
        Bytes = _bytes.AsSpan(0, _captured),
    };

    public void Release(HeldBuffers buffers)
    {
        if (_bytes is not null) buffers.Return(_bytes);
    }
}
