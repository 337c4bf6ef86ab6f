namespace NetProfiler.Analysis.Events;

/// <summary>How a TCP connection ended, as seen on the profiled process's side.</summary>
public enum ConnectionEnd : byte
{
    /// <summary>It has not ended.</summary>
    None = 0,

    /// <summary>This side's FIN was sent before the peer's, and no reset was sent or received before the end.</summary>
    Fin,

    /// <summary>The peer sent a reset.</summary>
    ResetReceived,

    /// <summary>
    /// This side aborted the connection without a FIN (bytes left unread, <c>SO_LINGER</c> of zero, aborted from outside): a reset is sent.
    /// </summary>
    ResetSent,

    /// <summary>The peer did not answer.</summary>
    Timeout,

    /// <summary>The connection was never established.</summary>
    Failed,

    /// <summary>Both sides sent a FIN, the peer first.</summary>
    PeerFin,
}

/// <summary>
/// Counters of a TCP connection since it began, or since capture joined it. They only grow; <see cref="Since"/> returns the growth.
/// </summary>
public readonly record struct SocketTally
{
    public required ulong Connection { get; init; }

    /// <summary>CLOCK_MONOTONIC of the report.</summary>
    public required long TimeNanoseconds { get; init; }

    public ConnectionEnd End { get; init; }

    /// <summary>
    /// Client: from the SYN until established. Server: from established until accept returned. 0 if unknown, or not complete yet.
    /// </summary>
    public long SetupNanoseconds { get; init; }

    /// <summary>Number of calls that moved bytes, modulo 2^32.</summary>
    public uint ReadCalls { get; init; }

    public uint WriteCalls { get; init; }
    public long ReadBytes { get; init; }
    public long WriteBytes { get; init; }

    /// <summary>Time spent in read calls, from when there was something to read.</summary>
    public long ReadNanoseconds { get; init; }

    /// <summary>Time spent in write calls, from entry to return.</summary>
    public long WriteNanoseconds { get; init; }

    /// <summary>Smoothed round-trip time at the latest call or at the end; 0 if not available yet.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Number of segments, modulo 2^32.</summary>
    public uint Retransmissions { get; init; }

    /// <summary>Number of times that the peer closed its window.</summary>
    public uint ZeroWindows { get; init; }

    /// <summary>Time for which sending waited for room in the send buffer, at the resolution of the kernel's timer tick.</summary>
    public long SendBufferNanoseconds { get; init; }

    /// <summary>Time for which sending waited for the peer's window, at the resolution of the kernel's timer tick.</summary>
    public long PeerWindowNanoseconds { get; init; }

    /// <summary>
    /// The growth since an earlier report of the same connection; round trip, set-up and end are those of the later report.
    /// </summary>
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
