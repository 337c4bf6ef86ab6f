using System.Buffers;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Replay;
using NetProfiler.Http1;

namespace NetProfiler.Capture.Packets;

/// <summary>
/// Converts a packet capture to socket events: what one end of each TCP connection read and wrote, at the times of the packets.
/// </summary>
/// <remarks>
/// The connecting end is the client. If the handshake was not captured, the first bytes decide; if these do not, the end with the lower
/// port is the server. A packet does not contain a process: the address of the profiled end is used instead.
/// </remarks>
internal sealed class PacketSource(IPacketFile file, EndpointRole profiled) : IEventSource, IStreamReceiver
{
    private const long SecondNanoseconds = 1_000_000_000;

    /// <summary>Maximum number of bytes, over all streams, that wait for missing earlier ones.</summary>
    private const int MaxHeldBytes = 64 * 1024 * 1024;

    private readonly ConnectionTable _connections = new();
    private readonly PacketStatistics _statistics = new();
    private IReplayHandler _handler = null!;
    private TcpConnection _current = null!;
    private bool _isFinished;
    private ulong _latestId;
    private long _heldBytes;
    private long _secondNanoseconds;

    public bool IsRecording => false;

    public string? Fault => file.Fault;

    public IKernelConnections Kernel => NoKernel.Instance;

    public IEnumerable<(string Reason, long Count)> Losses =>
        [.. _statistics.Losses, ("packets missed by the capture, as it says itself", file.Dropped)];

    public (string Reason, long Count) CutPackets => _statistics.CutPackets;

    public long Read(Counter counter) => counter == Counter.Events ? _statistics.Packets : 0;

    public bool Read(IReplayHandler handler)
    {
        _handler = handler;
        if (!file.TryRead(out var packet))
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
            if (connection.Socks is null && connection.IsFirstClient is { } isFirstClient && stream.Position == 0 &&
                SocksHandshake.MayBegin(isFirstClient == (stream == connection.FromFirst), captured))
            {
                connection.Socks = new SocksHandshake();
            }

            if (connection.Socks is { } socks && IsHandshake(connection, socks, stream, captured, length, timeNanoseconds, out handshake))
                return;
            if (connection.Id == 0) Open(connection, stream, captured[handshake..]);
        }

        (stream == connection.FromFirst ? connection.FromSecond : connection.FromFirst).OnTurn();
        Report(connection, stream, handshake, captured[handshake..], (uint)(length - handshake), timeNanoseconds, acknowledged,
            isContinued);
    }

    // An empty event at a later position: the bytes in between were not seen.
    void IStreamReceiver.Miss(TcpStream stream, long timeNanoseconds)
    {
        if (_current.Socks is { } socks) GiveUpCut(_current, socks);
        if (_current.Id == 0) Open(_current, stream, []);
        Report(_current, stream, 0, [], 0, timeNanoseconds, acknowledged: null, isContinued: true);
    }

    void IStreamReceiver.End(TcpStream stream, long timeNanoseconds)
    {
        if (_current.Id != 0) _handler.OnEnd(_current.Id, _current.DirectionOf(stream), timeNanoseconds);
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

    private void Open(TcpConnection connection, TcpStream speaker, ReadOnlySpan<byte> first)
    {
        connection.Id = ++_latestId;
        bool isFirstClient = connection.IsFirstClient ?? GuessFirstClient(connection, speaker == connection.FromFirst, first);
        connection.IsFirstLocal = isFirstClient == (profiled == EndpointRole.Client);
        var (local, remote) = connection.IsFirstLocal ? (connection.Ends.First, connection.Ends.Second)
            : (connection.Ends.Second, connection.Ends.First);
        _handler.OnOpen(new SocketOpen
        {
            Connection = connection.Id,
            ProcessId = 0,
            ProcessName = Encoding.UTF8.GetBytes(profiled == EndpointRole.Client ? local.Host() : local.ToString()),
            Local = local,
            Remote = remote,
            Role = profiled == EndpointRole.Client ? EndpointRole.Client : EndpointRole.Server,
            FromStart = connection.IsFromStart,
        });
    }

    private static bool GuessFirstClient(TcpConnection connection, bool isFirstSpeaking, ReadOnlySpan<byte> bytes)
    {
        if (HeadReader.LooksLikeRequest(bytes) == OperationStatus.Done) return isFirstSpeaking;
        if (HeadReader.LooksLikeResponse(bytes) == OperationStatus.Done) return !isFirstSpeaking;
        return connection.Ends.First.Port > connection.Ends.Second.Port;
    }

    /// <summary>
    /// True if all bytes belong to a handshake with a proxy, and are held. False if only the first <paramref name="part"/> bytes do.
    /// </summary>
    private bool IsHandshake(TcpConnection connection, SocksHandshake socks, TcpStream stream, ReadOnlySpan<byte> captured, int length,
        long time, out int part)
    {
        part = 0;
        var (client, server) = connection.IsFirstClient == true ? (connection.FromFirst, connection.FromSecond)
            : (connection.FromSecond, connection.FromFirst);
        var (own, other) = (socks.Side(stream == client), socks.Side(stream != client));
        int before = own.Bytes.Length;
        if (captured.Length < length || !own.TryAdd(captured, time))
        {
            GiveUpCut(connection, socks);
            return false;
        }

        var status = socks.Read();
        if (status == OperationStatus.NeedMoreData) return true;
        if (status == OperationStatus.InvalidData)
        {
            if (socks.IsUnread) _statistics.UnreadSocks++;
            own.Drop(captured.Length);
            GiveUp(connection, socks);
            return false;
        }

        connection.Socks = null;
        client.LeaveOut(socks.Side(true).Read);
        server.LeaveOut(socks.Side(false).Read);
        var early = other.Bytes[other.Read..]; // sent before the proxy's reply
        if (!early.IsEmpty)
        {
            var speaker = stream == client ? server : client;
            Open(connection, speaker, early);
            Report(connection, speaker, -early.Length, early, (uint)early.Length, other.TimeNanoseconds, acknowledged: null,
                isContinued: false);
        }

        part = own.Read - before; // these bytes completed the handshake, which ends within them
        return part == captured.Length;
    }

    private void GiveUpCut(TcpConnection connection, SocksHandshake socks)
    {
        if (socks.IsLikely) _statistics.UnreadSocks++;
        GiveUp(connection, socks);
    }

    /// <summary>Reports the bytes held as a handshake like any other bytes.</summary>
    private void GiveUp(TcpConnection connection, SocksHandshake socks)
    {
        connection.Socks = null;
        foreach (bool isClient in new[] { true, false })
        {
            var side = socks.Side(isClient);
            if (side.Bytes.IsEmpty) continue;
            var stream = connection.IsFirstClient == isClient ? connection.FromFirst : connection.FromSecond;
            if (connection.Id == 0) Open(connection, stream, side.Bytes);
            Report(connection, stream, -(int)stream.Position, side.Bytes, (uint)side.Bytes.Length, side.TimeNanoseconds, acknowledged: null,
                isContinued: false);
        }
    }

    /// <param name="offset">Start of the bytes, relative to the stream's next byte.</param>
    private void Report(TcpConnection connection, TcpStream stream, int offset, ReadOnlySpan<byte> bytes, uint length, long time,
        uint? acknowledged, bool isContinued)
    {
        var direction = connection.DirectionOf(stream);
        var other = stream == connection.FromFirst ? connection.FromSecond : connection.FromFirst;
        uint opposite = acknowledged is { } sequence && other.IsKnown ? other.PositionOf(sequence) : 0;
        _handler.OnData(new SocketData
        {
            Connection = connection.Id,
            Direction = direction,
            Call = SocketCall.None,
            Uncaptured = bytes.Length < length ? Uncaptured.Limited : Uncaptured.None,
            ProcessId = 0,
            TimeNanoseconds = time,
            StartNanoseconds = time,
            Position = stream.Position + (uint)offset,
            Length = length,
            Offset = 0,
            Bytes = bytes,
            IsContinued = isContinued,
            HasOpposite = acknowledged is not null && other.IsKnown,
            OppositeTaken = opposite,
            OppositeThere = opposite,
            Retransmissions = (connection.IsFirstLocal ? connection.FromFirst : connection.FromSecond).Retransmissions,
        });
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
        if (connection.Socks is { } socks) GiveUp(connection, socks);
        connection.IsClosed = true;
        if (connection.Id != 0) _handler.OnClose(new SocketClose(connection.Id, connection.LatestNanoseconds, IsHeld: false, end));
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
            if (connection.Socks is { } socks) GiveUp(connection, socks);
        }
    }
}
