namespace NetProfiler.Analysis.Events;

/// <summary>A TLS session is bound to the connection that carries it; its plaintext follows as data of a connection of its own.</summary>
public readonly struct SocketStream
{
    /// <summary>Identity of the session, never reused, and unlike that of any connection.</summary>
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

/// <summary>No more plaintext of a TLS session follows.</summary>
/// <param name="Connection">Identity of the session.</param>
/// <param name="TimeNanoseconds">CLOCK_MONOTONIC.</param>
/// <param name="IsLost">Calls of the session were missed. What follows belongs to another stream on the same carrier.</param>
/// <param name="IngressPosition">Position after the last byte that was read, modulo 2^32.</param>
/// <param name="EgressPosition">Position after the last byte that was written, modulo 2^32.</param>
public readonly record struct SocketStreamEnd(ulong Connection, long TimeNanoseconds, bool IsLost, uint IngressPosition,
    uint EgressPosition);
