namespace NetProfiler.Analysis.Events;

/// <summary>How a TCP connection came to its end, as the profiled process's side saw it.</summary>
public enum ConnectionEnd : byte
{
    /// <summary>It has not ended.</summary>
    None = 0,

    /// <summary>The FIN of this side was sent, before the peer's, and no reset came before the end.</summary>
    Fin,

    /// <summary>The peer's reset.</summary>
    ResetReceived,

    /// <summary>
    /// Given up by this side without a FIN (bytes left unread, <c>SO_LINGER</c> of zero, aborted from outside): a reset is sent.
    /// </summary>
    ResetSent,

    /// <summary>The peer did not answer.</summary>
    Timeout,

    /// <summary>It never was established.</summary>
    Failed,

    /// <summary>Both FINs, and the peer's was first.</summary>
    PeerFin,
}

/// <summary>
/// What a TCP connection did since it began, or since we came. Counts only grow; what they grew by is <see cref="Since"/>.
/// </summary>
public readonly record struct SocketTally
{
    public required ulong Connection { get; init; }

    /// <summary>CLOCK_MONOTONIC when it was told.</summary>
    public required long TimeNanoseconds { get; init; }

    public ConnectionEnd End { get; init; }

    /// <summary>
    /// Who connected: from the SYN until established. Who accepted: from established until accept returned. 0: not known, or not yet.
    /// </summary>
    public long SetupNanoseconds { get; init; }

    /// <summary>Calls that moved bytes, modulo 2^32.</summary>
    public uint ReadCalls { get; init; }

    public uint WriteCalls { get; init; }
    public long ReadBytes { get; init; }
    public long WriteBytes { get; init; }

    /// <summary>In calls that read, from when there was something to read.</summary>
    public long ReadNanoseconds { get; init; }

    /// <summary>In calls that wrote, from entry to return.</summary>
    public long WriteNanoseconds { get; init; }

    /// <summary>Smoothed, at the latest call or the end; 0: none yet.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Segments, modulo 2^32.</summary>
    public uint Retransmissions { get; init; }

    /// <summary>Times that the peer closed its window.</summary>
    public uint ZeroWindows { get; init; }

    /// <summary>While sending waited for room in the send buffer; in ticks of the kernel's timer.</summary>
    public long SendBufferNanoseconds { get; init; }

    /// <summary>While sending waited for the peer's window; in ticks of the kernel's timer.</summary>
    public long PeerWindowNanoseconds { get; init; }

    /// <summary>What came since an earlier one of the same connection; round trip, set-up and end are those of the later.</summary>
    public SocketTally Since(in SocketTally earlier) => this with
    {
        ReadCalls = unchecked(ReadCalls - earlier.ReadCalls),
        WriteCalls = unchecked(WriteCalls - earlier.WriteCalls),
        ReadBytes = ReadBytes - earlier.ReadBytes,
        WriteBytes = WriteBytes - earlier.WriteBytes,
        ReadNanoseconds = ReadNanoseconds - earlier.ReadNanoseconds,
        WriteNanoseconds = WriteNanoseconds - earlier.WriteNanoseconds,
        Retransmissions = unchecked(Retransmissions - earlier.Retransmissions),
        ZeroWindows = unchecked(ZeroWindows - earlier.ZeroWindows),
        SendBufferNanoseconds = SendBufferNanoseconds - earlier.SendBufferNanoseconds,
        PeerWindowNanoseconds = PeerWindowNanoseconds - earlier.PeerWindowNanoseconds,
    };
}
