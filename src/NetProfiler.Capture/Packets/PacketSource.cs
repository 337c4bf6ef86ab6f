using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Packets;

/// <summary>
/// Converts a packet capture to socket events: what one end of each TCP connection read and wrote, at the times of the packets.
/// </summary>
internal sealed class PacketSource : IEventSource, IStreamReceiver
{
    private const long SecondNanoseconds = 1_000_000_000;

    /// <summary>Maximum number of bytes, over all streams, that wait for missing earlier ones.</summary>
    private const int MaxHeldBytes = 64 * 1024 * 1024;

    private readonly IPacketFile _file;
    private readonly PacketEvents _events;
    private readonly SocksConnections _socks;
    private readonly ConnectionTable _connections = new();
    private readonly PacketStatistics _statistics = new();
    private TcpConnection _current = null!;
    private bool _isFinished;
    private long _heldBytes;
    private long _secondNanoseconds;

    public PacketSource(IPacketFile file, EndpointRole profiled)
    {
        _file = file;
        _events = new PacketEvents(profiled);
        _socks = new SocksConnections(_events, _statistics);
    }

    public bool IsRecording => false;

    public string? Fault => _file.Fault;

    public IKernelConnections Kernel => NoKernel.Instance;

    public IEnumerable<(string Reason, long Count)> Losses =>
        [.. _statistics.Losses, ("packets missed by the capture, as it says itself", _file.Dropped)];

    public (string Reason, long Count) CutPackets => _statistics.CutPackets;

    public long Read(Counter counter) => counter == Counter.Events ? _statistics.Packets : 0;

    public bool Read(IReplayHandler handler)
    {
        _events.Handler = handler;
        if (!_file.TryRead(out var packet))
        {
            Finish();
            return false;
        }

        _statistics.Packets++;
        var kind = TcpSegment.TryRead(packet, out var segment);
        bool isCut = kind == PacketLayer.Tcp ? segment.Payload.Length < segment.PayloadLength
            : kind == PacketLayer.Malformed && packet.Bytes.Length < packet.WireLength;
        if (isCut) _statistics.CountCut(packet.Bytes.Length);
        if (kind == PacketLayer.Tcp) OnSegment(segment, packet.TimeNanoseconds);
        else _statistics.CountLeftOut(kind);
        handler.OnTime(packet.TimeNanoseconds);
        if (packet.TimeNanoseconds - _secondNanoseconds >= SecondNanoseconds)
        {
            _secondNanoseconds = packet.TimeNanoseconds;
            handler.OnClock(packet.TimeNanoseconds, wallOffsetNanoseconds: 0); // packets have wall time
        }

        return true;
    }

    void IStreamReceiver.Accept(TcpStream stream, ReadOnlySpan<byte> captured, int length, long timeNanoseconds, uint? acknowledged,
        bool isContinued)
    {
        var connection = _current;
        int handshake = 0;
        if (connection.Id == 0)
        {
            if (_socks.TryHold(connection, stream, captured, length, timeNanoseconds, out handshake)) return;
            if (connection.Id == 0) _events.Open(connection, stream, captured[handshake..]);
        }

        (stream == connection.FromFirst ? connection.FromSecond : connection.FromFirst).OnTurn();
        _events.Report(connection, stream, handshake, captured[handshake..], (uint)(length - handshake), timeNanoseconds, acknowledged,
            isContinued);
    }

    // An empty event at a later position: the bytes in between were not seen.
    void IStreamReceiver.Miss(TcpStream stream, long timeNanoseconds)
    {
        _socks.OnMissing(_current);
        if (_current.Id == 0) _events.Open(_current, stream, []);
        _events.Report(_current, stream, 0, [], 0, timeNanoseconds, acknowledged: null, isContinued: true);
    }

    void IStreamReceiver.End(TcpStream stream, long timeNanoseconds)
    {
        if (_current.Id != 0) _events.Handler.OnEnd(_current.Id, _current.DirectionOf(stream), timeNanoseconds);
    }

    private void OnSegment(in TcpSegment segment, long packetTime)
    {
        if (Find(segment, out bool isFromFirst) is not { } connection) return;
        _current = connection;
        long time = connection.LatestNanoseconds = long.Max(connection.LatestNanoseconds, packetTime);
        var (own, other) = isFromFirst ? (connection.FromFirst, connection.FromSecond) : (connection.FromSecond, connection.FromFirst);
        long heldBefore = connection.FromFirst.HeldBytes + connection.FromSecond.HeldBytes;

        uint sequence = segment.Sequence;
        if (segment.Has(TcpFlags.Syn))
        {
            sequence++;
            own.Begin(sequence);
            connection.IsFromStart = true;
            connection.IsFirstClient = segment.Has(TcpFlags.Ack) != isFromFirst;
        }

        if (segment.Has(TcpFlags.Ack)) other.OnAcknowledged(segment.Acknowledged, time);
        // Data in a reset is a diagnostic message, not part of the stream (RFC 9293, section 3.5.3).
        bool isSpoken = !segment.Has(TcpFlags.Rst) && (segment.PayloadLength > 0 || segment.Has(TcpFlags.Fin));
        if (isSpoken)
        {
            connection.MaybeReset = null;
            own.Begin(sequence);
            own.OnData(segment, sequence, time, this);
            if (segment.Has(TcpFlags.Fin)) own.OnFin(sequence + (uint)segment.PayloadLength, time, this);
        }

        own.OnPacket(time, this);
        other.OnPacket(time, this);
        BoundHeld(connection, connection.FromFirst.HeldBytes + connection.FromSecond.HeldBytes - heldBefore);
        if (segment.Has(TcpFlags.Rst)) OnReset(connection, own, segment);
        else if (own.IsEnded && other.IsEnded)
            Close(connection, connection.DirectionOf(own) == Direction.Egress ? ConnectionEnd.PeerFin : ConnectionEnd.Fin);
    }

    // The receiver ignores any other reset, and the connection continues.
    private void OnReset(TcpConnection connection, TcpStream sender, in TcpSegment segment)
    {
        if (sender.IsExpected(segment.Sequence)) Reset(connection, sender);
        else if (sender.IsInWindow(segment.Sequence)) connection.MaybeReset = sender;
    }

    private void Reset(TcpConnection connection, TcpStream sender)
    {
        connection.IsReset = true;
        Close(connection, connection.DirectionOf(sender) == Direction.Egress ? ConnectionEnd.ResetSent : ConnectionEnd.ResetReceived);
    }

    /// <summary>The connection that a segment belongs to, created if the segment opens one. Null if it does not belong to one.</summary>
    private TcpConnection? Find(in TcpSegment segment, out bool isFromFirst)
    {
        bool isConnect = segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Ack);
        if ((_connections.FindLatest(segment, out isFromFirst)
            ?? _connections.Find(EndpointPair.Of(segment, out isFromFirst), segment, isFromFirst)) is { } known)
        {
            var own = isFromFirst ? known.FromFirst : known.FromSecond;
            bool isNew = isConnect && (known.IsClosed || (own.IsKnown && !own.BeganAt(segment.Sequence + 1)));
            if (!isNew)
            {
                _connections.Touch(known);
                if (!known.IsClosed) return known;
                if (known.IsReset && own.IsNews(segment)) _statistics.AfterReset++;
                return null; // a late copy: reported already
            }

            Remove(known);
        }
        else if (segment.PayloadLength == 0 && !segment.Has(TcpFlags.Syn))
        {
            return null;
        }

        if (_connections.IsFull)
        {
            var silent = _connections.SilentLongest;
            if (!silent.IsClosed) _statistics.Evicted++;
            Remove(silent);
        }

        var connection = new TcpConnection(EndpointPair.Of(segment, out _), _statistics);
        _connections.Add(connection);
        return connection;
    }

    // The stream that exceeds the limit continues without the bytes that it waits for.
    private void BoundHeld(TcpConnection connection, long more)
    {
        _heldBytes += more;
        if (_heldBytes <= MaxHeldBytes) return;
        _statistics.HeldTooMuch++;
        Flush(connection);
    }

    private void Flush(TcpConnection connection)
    {
        _current = connection;
        _heldBytes -= connection.FromFirst.HeldBytes + connection.FromSecond.HeldBytes;
        connection.FromFirst.Flush(connection.LatestNanoseconds, this);
        connection.FromSecond.Flush(connection.LatestNanoseconds, this);
    }

    private void Close(TcpConnection connection, ConnectionEnd end = ConnectionEnd.None)
    {
        if (connection.IsClosed) return;
        Flush(connection);
        _socks.GiveUp(connection);
        connection.IsClosed = true;
        if (connection.Id != 0) _events.Handler.OnClose(new SocketClose(connection.Id, connection.LatestNanoseconds, IsHeld: false, end));
    }

    private void Remove(TcpConnection connection)
    {
        Close(connection);
        _connections.Remove(connection);
    }

    /// <summary>The capture ends: held bytes are reported, and open connections stay open.</summary>
    private void Finish()
    {
        if (_isFinished) return;
        _isFinished = true;
        foreach (var connection in _connections.BySilence)
        {
            if (connection.IsClosed) continue;
            if (connection.MaybeReset is { } sender) Reset(connection, sender);
            else Flush(connection);
            _socks.GiveUp(connection);
        }
    }
}
