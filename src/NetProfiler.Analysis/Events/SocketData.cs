namespace NetProfiler.Analysis.Events;

/// <summary>Bytes moved by one call.</summary>
public readonly ref struct SocketData
{
    public required ulong Connection { get; init; }
    public required Direction Direction { get; init; }
    public required SocketCall Call { get; init; }
    public required Uncaptured Uncaptured { get; init; }
    public required int ProcessId { get; init; }

    /// <summary>CLOCK_MONOTONIC when the call returned.</summary>
    public required long TimeNanoseconds { get; init; }

    /// <summary>CLOCK_MONOTONIC when the call began; 0 if unknown.</summary>
    public required long StartNanoseconds { get; init; }

    /// <summary>CLOCK_MONOTONIC when TCP had the first byte ready to be read; 0 if unknown, and for egress.</summary>
    public long ArrivedNanoseconds { get; init; }

    /// <summary>
    /// Number of bytes, from the first on, that were ready at <see cref="ArrivedNanoseconds"/>, including bytes of later calls.
    /// </summary>
    public uint ArrivedLength { get; init; }

    /// <summary>Position of the first byte in its direction's stream, modulo 2^32.</summary>
    public required uint Position { get; init; }

    /// <summary>Number of bytes moved. 0 if only the position is reported, so that a loss before the stream's end is noticed.</summary>
    public required uint Length { get; init; }

    /// <summary>Offset of <see cref="Bytes"/> from <see cref="Position"/>.</summary>
    public required uint Offset { get; init; }

    /// <summary>The captured part; valid during the callback.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>
    /// Whether <see cref="OppositeTaken"/> and <see cref="OppositeThere"/> are known. Without them, nothing can be proven after a loss.
    /// </summary>
    public bool HasOpposite { get; init; }

    /// <summary>
    /// Position in the opposite direction's stream, modulo 2^32, up to which its receiver had taken it. Ingress: what the peer had
    /// acknowledged when the call returned. Egress: what the program had read when the call began. A captured packet: what it acknowledges.
    /// </summary>
    public uint OppositeTaken { get; init; }

    /// <summary>
    /// Position in the opposite direction's stream, modulo 2^32, up to which it existed on this machine. Ingress: what the program had
    /// written when the call returned. Egress: what had arrived when the call began. A captured packet: what it acknowledges.
    /// </summary>
    public uint OppositeThere { get; init; }

    /// <summary>Whether this is a later part of the call that the previous event reported.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Smoothed round-trip time; 0 for a unix socket.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Segments retransmitted since the connection was first seen.</summary>
    public uint Retransmissions { get; init; }
}
