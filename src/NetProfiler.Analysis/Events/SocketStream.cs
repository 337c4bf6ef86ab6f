namespace NetProfiler.Analysis.Events;

/// <summary>A TLS session bound to the connection that carries it. Its plaintext follows as data of a connection of its own.</summary>
public readonly struct SocketStream
{
    /// <summary>Identity of the session, never reused, and distinct from the identities of connections.</summary>
    public required ulong Connection { get; init; }

    /// <summary>The connection that carries the session.</summary>
    public required ulong Carrier { get; init; }

    public required int ProcessId { get; init; }

    /// <summary>CLOCK_MONOTONIC.</summary>
    public required long TimeNanoseconds { get; init; }

    /// <summary>Positions count from the first plaintext byte of the session.</summary>
    public required bool FromStart { get; init; }

    public required TlsSession Tls { get; init; }
}

/// <summary>The end of a TLS session's plaintext.</summary>
/// <param name="Connection">Identity of the session.</param>
/// <param name="TimeNanoseconds">CLOCK_MONOTONIC.</param>
/// <param name="IsLost">Calls of the session were missed. What follows belongs to another stream on the same carrier.</param>
/// <param name="IngressPosition">Position after the last byte that was read, modulo 2^32.</param>
/// <param name="EgressPosition">Position after the last byte that was written, modulo 2^32.</param>
public readonly record struct SocketStreamEnd(ulong Connection, long TimeNanoseconds, bool IsLost, uint IngressPosition,
    uint EgressPosition);
