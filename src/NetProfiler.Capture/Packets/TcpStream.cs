namespace NetProfiler.Capture.Packets;

/// <summary>One direction of a captured TCP connection: orders its segments. RFC 9293, section 3.4.</summary>
/// <remarks>
/// Of a retransmitted byte, the first copy is used. If bytes were acknowledged before they appear in the capture, packets of several
/// network queues were captured out of order; if they do not appear within a short time, they are missing from the capture.
/// </remarks>
internal sealed class TcpStream(PacketStatistics statistics)
{
    /// <summary>The largest possible window (RFC 7323, section 2.3): a segment farther ahead does not belong to this connection.</summary>
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

    /// <summary>Number of packets with bytes that were captured before.</summary>
    public uint Retransmissions { get; private set; }

    /// <summary>Position of the next byte, counted from the stream's first byte after a proxy's handshake.</summary>
    public uint Position => _next - _origin;

    public int HeldBytes => _heldBytes;

    /// <summary>Sets the sequence number of the first byte, or of the first byte in the capture.</summary>
    public void Begin(uint sequence)
    {
        if (IsKnown) return;
        _start = _origin = _next = sequence;
        IsKnown = true;
    }

    /// <summary>The position of a sequence number that the other side acknowledged; a FIN does not have a position.</summary>
    public uint PositionOf(uint acknowledged)
    {
        uint until = _isEndKnown && (int)(acknowledged - _end) > 0 ? _end : acknowledged;
        return _origin != _start && (int)(until - _origin) < 0 ? 0 : until - _origin;
    }

    /// <summary>Excludes the first bytes, which belong to a handshake with a proxy: positions count from after it.</summary>
    public void LeaveOut(int handshakeBytes) => _origin += (uint)handshakeBytes;

    /// <summary>
    /// Whether the receiver accepts a reset with this sequence number, which must be exactly the one it expects (RFC 9293, section 3.5.3;
    /// RFC 5961, section 3.2).
    /// </summary>
    public bool IsExpected(uint sequence) =>
        !IsKnown || sequence == _next || (_held.Count > 0 && sequence == _held.End)
            || (_isAcknowledgedAhead && sequence == _acknowledged) ||
        (_isEndKnown && sequence == _end + 1);

    /// <summary>Whether the sequence number is in the window, so that the receiver of a reset challenges it, or accepts it.</summary>
    public bool IsInWindow(uint sequence) => (int)(sequence - _next) is > 0 and <= MaxWindowBytes;

    /// <summary>Whether the segment contains bytes that were not seen yet.</summary>
    public bool IsNews(in TcpSegment segment) =>
        segment.PayloadLength > 0 && (int)(segment.Sequence + (uint)segment.PayloadLength - _next) > 0;

    /// <summary>Whether a sequence number is close enough to belong to this stream in all likelihood.</summary>
    public bool IsNear(uint sequence) => (int)(sequence - _next) is >= -MaxHeldBytes and <= MaxHeldBytes;

    public bool BeganAt(uint sequence) => IsKnown && _start == sequence;

    /// <summary>The other side acknowledged everything up to this sequence number.</summary>
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

    /// <summary>The other side sent bytes: the following bytes were written after them.</summary>
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
            // In order or not, this is the first copy of bytes that are not held yet.
            _heldBytes += _held.Add(_next, sequence, captured, length, timeNanoseconds, segment.Has(TcpFlags.Psh),
                segment.AcknowledgedIfAny);
            DeliverHeld(timeNanoseconds, receiver);
            if (_held.Count <= MaxHeldSegments && _heldBytes <= MaxHeldBytes) return;
            statistics.HeldTooMuch++;
            MissUntil(_held.First.Sequence, timeNanoseconds, receiver);
            DeliverHeld(timeNanoseconds, receiver);
        }
    }

    /// <summary>A FIN occupies the sequence number after the last byte.</summary>
    public void OnFin(uint sequence, long timeNanoseconds, IStreamReceiver receiver)
    {
        if (_isEndKnown || (int)(sequence - _next) < 0) return;
        _end = sequence;
        _isEndKnown = true;
        EndIfComplete(timeNanoseconds, receiver);
    }

    /// <summary>
    /// Another packet of the connection was processed: bytes that are acknowledged and still missing are not merely late.
    /// </summary>
    public void OnPacket(long timeNanoseconds, IStreamReceiver receiver)
    {
        if (!_isAcknowledgedAhead) return;
        if (timeNanoseconds - _acknowledgedNanoseconds < LateNanoseconds) return;
        statistics.NotWaitedFor++;
        GiveUpWaiting(timeNanoseconds, receiver);
    }

    /// <summary>No more packets will follow: delivers the held segments, and reports the gaps between them.</summary>
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
