namespace NetProfiler.Capture.Packets;

/// <summary>Takes the bytes of one direction, in order and each once.</summary>
internal interface IStreamReceiver
{
    /// <param name="acknowledged">What their packet acknowledged of the other direction; null: nothing.</param>
    /// <param name="isContinued">They may belong to a call that the bytes before belong to.</param>
    void Accept(TcpStream stream, ReadOnlySpan<byte> captured, int length, long timeNanoseconds, uint? acknowledged, bool isContinued);

    /// <summary>What is between here and the stream's position was on the wire, and not in the capture.</summary>
    void Miss(TcpStream stream, long timeNanoseconds);

    void End(TcpStream stream, long timeNanoseconds);
}

/// <summary>One direction of a captured TCP connection: puts its segments in order. RFC 9293, section 3.4.</summary>
/// <remarks>
/// A byte that comes twice counts once, the first copy. What the other side acknowledged it has: where the capture shows it later, packets
/// of several network queues were captured out of order; where it does not within a while, it is missing from the capture.
/// </remarks>
internal sealed class TcpStream(PacketStatistics statistics)
{
    /// <summary>The largest window there is (RFC 7323, section 2.3): what is farther ahead is no segment of this connection.</summary>
    private const int MaxWindowBytes = 1 << 30;

    private const int MaxHeldBytes = 4 * 1024 * 1024;
    private const int MaxHeldSegments = 1024;

    /// <summary>How much later than its acknowledgement a packet may be captured. The last resort, and counted.</summary>
    private const long LateNanoseconds = 10_000_000;

    private readonly HeldSegments _held = new();
    private int _heldBytes;
    private uint _start;
    private uint _origin;
    private uint _next;
    private uint _acknowledged;
    private long _acknowledgedNanoseconds;
    private long _latestNanoseconds;
    private bool _isAcknowledgedAhead;
    private uint _end;
    private bool _isEndKnown;
    private bool _isMidCall;
    private bool _isBehindGap;

    public bool IsKnown { get; private set; }

    public bool IsEnded { get; private set; }

    /// <summary>Packets with bytes that came before.</summary>
    public uint Retransmissions { get; private set; }

    /// <summary>Of the next byte, from the stream's first that is not part of a proxy's handshake.</summary>
    public uint Position => _next - _origin;

    public int HeldBytes => _heldBytes;

    /// <summary>The sequence number of its first byte, or of the first that can be seen.</summary>
    public void Begin(uint sequence)
    {
        if (IsKnown) return;
        _start = _origin = _next = sequence;
        IsKnown = true;
    }

    /// <summary>Position of a sequence number that the other side acknowledged; a FIN takes none.</summary>
    public uint PositionOf(uint acknowledged)
    {
        uint until = _isEndKnown && (int)(acknowledged - _end) > 0 ? _end : acknowledged;
        return _origin != _start && (int)(until - _origin) < 0 ? 0 : until - _origin;
    }

    /// <summary>The first bytes, as many as stated, belong to a handshake with a proxy: positions count from behind it.</summary>
    public void LeaveOut(int handshakeBytes) => _origin += (uint)handshakeBytes;

    /// <summary>
    /// Whether a reset with this sequence number is one to its receiver, which expects just that (RFC 9293, section 3.5.3; RFC 5961,
    /// section 3.2).
    /// </summary>
    public bool IsExpected(uint sequence) =>
        !IsKnown || sequence == _next || (_held.Count > 0 && sequence == _held.End)
            || (_isAcknowledgedAhead && sequence == _acknowledged) ||
        (_isEndKnown && sequence == _end + 1);

    /// <summary>Whether it is in the window: its receiver asks whether it is meant so, or takes it.</summary>
    public bool IsInWindow(uint sequence) => (int)(sequence - _next) is > 0 and <= MaxWindowBytes;

    /// <summary>Whether the segment brings bytes that were not seen yet.</summary>
    public bool IsNews(in TcpSegment segment) =>
        segment.PayloadLength > 0 && (int)(segment.Sequence + (uint)segment.PayloadLength - _next) > 0;

    /// <summary>Whether a sequence number is so close that it is most likely one of this stream.</summary>
    public bool IsNear(uint sequence) => (int)(sequence - _next) is >= -MaxHeldBytes and <= MaxHeldBytes;

    public bool BeganAt(uint sequence) => IsKnown && _start == sequence;

    /// <summary>The other side spoke: it has everything up to here.</summary>
    public void OnAcknowledged(uint sequence, long timeNanoseconds)
    {
        Begin(sequence);
        int ahead = (int)(sequence - _next);
        bool isNews = !_isAcknowledgedAhead || (int)(sequence - _acknowledged) > 0;
        if (ahead is <= 0 or > MaxWindowBytes || !isNews) return;
        if (!_isAcknowledgedAhead) _acknowledgedNanoseconds = timeNanoseconds;
        _acknowledged = sequence;
        _isAcknowledgedAhead = true;
    }

    /// <summary>The other side sent bytes: what comes now was written after them.</summary>
    public void OnTurn() => _isMidCall &= !_isBehindGap;

    public void OnData(in TcpSegment segment, uint sequence, long timeNanoseconds, IStreamReceiver receiver)
    {
        var captured = segment.Payload;
        int length = segment.PayloadLength;
        int ahead = (int)(sequence - _next);
        if (ahead < 0)
        {
            uint again = (uint)-ahead;
            bool isKeepAlive = again == 1 && length <= 1; // RFC 9293, section 3.8.4
            if (isKeepAlive) statistics.KeepAlives++;
            else if (length > 0) Retransmissions++;
            if (again >= (uint)length) return;
            captured = captured[(int)uint.Min(again, (uint)captured.Length)..];
            length -= (int)again;
            sequence = _next;
            ahead = 0;
        }

        if (length == 0) return;
        if (ahead > MaxWindowBytes)
        {
            statistics.OutOfWindow++;
        }
        else if (ahead == 0 && _held.Count == 0)
        {
            Deliver(captured, length, timeNanoseconds, segment.Has(TcpFlags.Psh), segment.AcknowledgedIfAny, receiver);
            if (_isAcknowledgedAhead || _isEndKnown) DeliverHeld(timeNanoseconds, receiver);
        }
        else
        {
            // In its turn or not: of what is held already, that is the first copy.
            _heldBytes += _held.Add(_next, sequence, captured, length, timeNanoseconds, segment.Has(TcpFlags.Psh),
                segment.AcknowledgedIfAny);
            DeliverHeld(timeNanoseconds, receiver);
            if (_held.Count <= MaxHeldSegments && _heldBytes <= MaxHeldBytes) return;
            statistics.HeldTooMuch++;
            MissUntil(_held.First.Sequence, timeNanoseconds, receiver);
            DeliverHeld(timeNanoseconds, receiver);
        }
    }

    /// <summary>A FIN takes the sequence number after the last byte.</summary>
    public void OnFin(uint sequence, long timeNanoseconds, IStreamReceiver receiver)
    {
        if (_isEndKnown || (int)(sequence - _next) < 0) return;
        _end = sequence;
        _isEndKnown = true;
        EndIfComplete(timeNanoseconds, receiver);
    }

    /// <summary>Another packet of the connection was looked at: what is still missing, though acknowledged, is not merely late.</summary>
    public void OnPacket(long timeNanoseconds, IStreamReceiver receiver)
    {
        if (!_isAcknowledgedAhead) return;
        if (timeNanoseconds - _acknowledgedNanoseconds < LateNanoseconds) return;
        statistics.NotWaitedFor++;
        GiveUpWaiting(timeNanoseconds, receiver);
    }

    /// <summary>Nothing more will come: hands over what waited, and tells what is missing between.</summary>
    public void Flush(long timeNanoseconds, IStreamReceiver receiver)
    {
        while (_held.Count > 0)
        {
            MissUntil(_held.First.Sequence, timeNanoseconds, receiver);
            DeliverHeld(timeNanoseconds, receiver);
        }

        GiveUpWaiting(timeNanoseconds, receiver);
        if (_isEndKnown && !IsEnded) MissUntil(_end, timeNanoseconds, receiver);
        EndIfComplete(timeNanoseconds, receiver);
    }

    public void Release()
    {
        while (_held.Count > 0) HeldSegments.Release(_held.TakeFirst());
        _heldBytes = 0;
    }

    private void GiveUpWaiting(long time, IStreamReceiver receiver)
    {
        while (_isAcknowledgedAhead && (int)(_acknowledged - _next) > 0)
        {
            // A FIN that was not captured is acknowledged like a byte.
            uint until = _isEndKnown && (int)(_acknowledged - _end) > 0 ? _end : _acknowledged;
            if (_held.Count > 0 && (int)(until - _held.First.Sequence) > 0) until = _held.First.Sequence;
            bool mayBeFin = !_isEndKnown && _held.Count == 0 && until - _next == 1;
            if (mayBeFin || until == _next) break;
            MissUntil(until, time, receiver);
            DeliverHeld(time, receiver);
        }

        _isAcknowledgedAhead = false;
        EndIfComplete(time, receiver);
    }

    private void MissUntil(uint sequence, long time, IStreamReceiver receiver)
    {
        if (sequence == _next) return;
        _next = sequence;
        _isMidCall = _isBehindGap = true;
        receiver.Miss(this, time);
    }

    private void DeliverHeld(long time, IStreamReceiver receiver)
    {
        while (_held.Count > 0 && (int)(_held.First.Sequence - _next) <= 0)
        {
            var first = _held.TakeFirst();
            _heldBytes -= first.Captured;
            int again = (int)(_next - first.Sequence);
            if (again < first.Length)
            {
                var captured = first.Bytes.AsSpan(0, first.Captured)[int.Min(again, first.Captured)..];
                Deliver(captured, first.Length - again, first.TimeNanoseconds, first.IsPushed, first.Acknowledged, receiver);
            }

            HeldSegments.Release(first);
        }

        if (_isAcknowledgedAhead && (int)(_acknowledged - _next) <= 0) _isAcknowledgedAhead = false;
        EndIfComplete(time, receiver);
    }

    private void Deliver(ReadOnlySpan<byte> captured, int length, long time, bool isPushed, uint? acknowledged, IStreamReceiver receiver)
    {
        _latestNanoseconds = long.Max(_latestNanoseconds, time);
        receiver.Accept(this, captured, length, _latestNanoseconds, acknowledged, _isMidCall);
        _next += (uint)length;
        _isMidCall = !isPushed; // PSH ends what one call wrote (RFC 9293, section 3.9.1.2)
        _isBehindGap = false;
    }

    private void EndIfComplete(long time, IStreamReceiver receiver)
    {
        if (IsEnded || !_isEndKnown || (int)(_end - _next) > 0) return;
        IsEnded = true;
        receiver.End(this, time);
    }
}
