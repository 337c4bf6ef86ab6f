using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>When a call that moved bytes began and returned. CLOCK_MONOTONIC.</summary>
/// <param name="ReadyNanoseconds">When its first byte, and those up to <paramref name="ReadyEnd"/>, were ready to be read; 0: not known.</param>
internal readonly record struct Arrival(long CallNanoseconds, long ReturnNanoseconds, long ReadyNanoseconds, ulong ReadyEnd)
{
    /// <summary>When the byte at a position of the stream was ready to be read; 0: not known.</summary>
    public long ReadyAt(ulong position) => position < ReadyEnd ? ReadyNanoseconds : 0;
}

internal enum StreamState : byte
{
    /// <summary>The next byte begins a message, or belongs to a head of which a part is held.</summary>
    Head,

    /// <summary>Within a body.</summary>
    Body,

    /// <summary>Where messages begin is not known: bytes are discarded until the connection finds out.</summary>
    Seeking,

    /// <summary>Nothing that comes is of interest.</summary>
    Stopped,
}

/// <summary>One direction of a connection: its position, the message it is in, and the part of a head that is held.</summary>
internal sealed class MessageStream(HeldBuffers buffers)
{
    /// <summary>
    /// Most bytes held: a head that has not ended and the record in which it does, which may be as long and holds body too;
    /// or a response whose request is not seen yet.
    /// </summary>
    public const int MaxHeldBytes = HeadReader.MaxHeadBytes * 2;

    private byte[]? _held;
    private int _heldLength;

    public StreamState State;

    /// <summary>Position of the next byte, from the connection's first or from where we came in.</summary>
    public ulong Position;

    /// <summary>Where the source says that the stream stands; told only where events were lost.</summary>
    public uint? KnownPosition;

    /// <summary>Position after the bytes that were read or held last: where held bytes end.</summary>
    public ulong ReadEnd;

    /// <summary>The calls that moved what is being read; null as long as content is not held.</summary>
    public CallLog? Calls;

    /// <summary>The current body.</summary>
    public BodyReader Body;

    /// <summary>Bytes of the current message so far.</summary>
    public long MessageBytes;

    /// <summary>When the first held byte came.</summary>
    public Arrival HeldSince;

    /// <summary>When the latest byte came.</summary>
    public long LatestNanoseconds;

    /// <summary>The kernel side was asked not to copy before this position; 0: was not.</summary>
    public ulong SkipUntil;

    public ReadOnlySpan<byte> Held => _held.AsSpan(0, _heldLength);

    public bool HasHeld => _heldLength > 0;

    /// <summary>The position in full, from its low 32 bits: the one nearest to what is expected.</summary>
    public long Ahead(uint position) => (int)(position - (uint)Position);

    /// <summary>Holds bytes until more come. False: there is no room for them.</summary>
    public bool TryHold(ReadOnlySpan<byte> data, Arrival since)
    {
        if (_heldLength + data.Length > MaxHeldBytes) return false;
        if (_heldLength == 0) HeldSince = since;
        if (_held is null || _held.Length < _heldLength + data.Length)
        {
            var larger = buffers.Rent(_heldLength + data.Length);
            Held.CopyTo(larger);
            if (_held is not null) buffers.Return(_held);
            _held = larger;
        }

        data.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += data.Length;
        return true;
    }

    /// <summary>Gives the held bytes to the caller, who returns them; nothing is held any more.</summary>
    public byte[] TakeHeld(out int length)
    {
        var held = _held!;
        length = _heldLength;
        _held = null;
        _heldLength = 0;
        return held;
    }

    public void Release()
    {
        if (_held is not null) buffers.Return(_held);
        _held = null;
        _heldLength = 0;
    }

    public void Reset()
    {
        Release();
        State = StreamState.Head;
        Position = 0;
        ReadEnd = 0;
        Calls?.Reset();
        KnownPosition = null;
        Body = default;
        MessageBytes = 0;
        LatestNanoseconds = 0;
        SkipUntil = 0;
    }
}
