namespace NetProfiler.Analysis.Events;

/// <summary>A connection seen for the first time, or used by another process than before.</summary>
public readonly ref struct SocketOpen
{
    /// <summary>Identity of the connection, never reused.</summary>
    public required ulong Connection { get; init; }

    /// <summary>The kernel's key of the socket, for <see cref="IKernelConnections.IsOpen"/>; 0 if the source is not a kernel.</summary>
    public ulong Socket { get; init; }

    public required int ProcessId { get; init; }

    /// <summary>CLOCK_MONOTONIC when the connection was first seen; 0 if unknown.</summary>
    public long TimeNanoseconds { get; init; }

    /// <summary>Name of the process as set by the process, usually valid UTF-8.</summary>
    public required ReadOnlySpan<byte> ProcessName { get; init; }

    public required EndpointAddress Local { get; init; }
    public required EndpointAddress Remote { get; init; }

    /// <summary>Id of the process's cgroup (v2); 0 if unknown.</summary>
    public ulong Cgroup { get; init; }

    /// <summary>Inode of the network namespace, as in /proc/PID/ns/net; 0 if unknown.</summary>
    public uint NetworkNamespace { get; init; }

    /// <summary>Path of a unix socket; otherwise empty.</summary>
    public ReadOnlySpan<byte> UnixPath { get; init; }

    /// <summary>
    /// Server if the process accepted the connection, client if it connected; unknown if the connection is older than the capture.
    /// </summary>
    public EndpointRole Role { get; init; }

    /// <summary>Whether stream positions count from the connection's first byte.</summary>
    public bool FromStart { get; init; }

    /// <summary>
    /// For a connection older than the capture and idle when the capture began: the directions in which the next byte begins an exchange,
    /// because the last bytes before were of the other direction.
    /// </summary>
    public QuietDirections Quiet { get; init; }
}
