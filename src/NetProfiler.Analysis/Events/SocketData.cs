namespace NetProfiler.Analysis.Events;

/// <summary>A call moved bytes.</summary>
public readonly ref struct SocketData
{
    public required ulong Connection { get; init; }
    public required Direction Direction { get; init; }
    public required SocketCall Call { get; init; }
    public required Uncaptured Uncaptured { get; init; }
    public required int ProcessId { get; init; }

    /// <summary>CLOCK_MONOTONIC when the call returned.</summary>
    public required long TimeNanoseconds { get; init; }

    /// <summary>CLOCK_MONOTONIC when the call began; 0: not known.</summary>
    public required long StartNanoseconds { get; init; }

    /// <summary>CLOCK_MONOTONIC when TCP had the first byte ready to be read; 0: not known, or egress.</summary>
    public long ArrivedNanoseconds { get; init; }

    /// <summary>Bytes from the first on that were ready at <see cref="ArrivedNanoseconds"/>, those of later calls included.</summary>
    public uint ArrivedLength { get; init; }

    /// <summary>Of the first byte in its direction's stream, modulo 2^32.</summary>
    public required uint Position { get; init; }

    /// <summary>Bytes moved. 0 if only the position is reported, so that a loss before the stream's end is noticed.</summary>
    public required uint Length { get; init; }

    /// <summary>Where <see cref="Bytes"/> begins, from <see cref="Position"/> on.</summary>
    public required uint Offset { get; init; }

    /// <summary>The captured part; valid during the call that hands it over.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>Whether the next two are known. Without them nothing is proven after a loss.</summary>
    public bool HasOpposite { get; init; }

    /// <summary>
    /// Of the opposite direction's stream, modulo 2^32: how far its receiver had taken it. Ingress: what the peer had acknowledged when the
    /// call returned. Egress: what the program had read when the call began. A captured packet: what it acknowledges.
    /// </summary>
    public uint OppositeTaken { get; init; }

    /// <summary>
    /// Of the opposite direction's stream, modulo 2^32: how far it existed on this machine. Ingress: what the program had written when the
    /// call returned. Egress: what had come when the call began. A captured packet: what it acknowledges.
    /// </summary>
    public uint OppositeThere { get; init; }

    /// <summary>A later part of the call that the previous event reported.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Smoothed round-trip time; 0 for a unix socket.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Segments retransmitted since the connection was first seen.</summary>
    public uint Retransmissions { get; init; }
}
