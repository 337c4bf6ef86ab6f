namespace NetProfiler.Analysis.Events;

/// <summary>A connection is seen for the first time, or used by another process than before.</summary>
public readonly ref struct SocketOpen
{
    /// <summary>Identity of the connection, never reused.</summary>
    public required ulong Connection { get; init; }

    /// <summary>The kernel's key of the socket, for <see cref="IKernelConnections.IsOpen"/>; 0 where there is no kernel.</summary>
    public ulong Socket { get; init; }

    public required int ProcessId { get; init; }

    /// <summary>CLOCK_MONOTONIC when it was first seen; 0: not known.</summary>
    public long TimeNanoseconds { get; init; }

    /// <summary>Name of the process, UTF-8 as far as the process cared.</summary>
    public required ReadOnlySpan<byte> ProcessName { get; init; }

    /// <summary>Of a Unix socket: <see cref="EndpointAddress.UnixOf"/>, on both ends.</summary>
    public required EndpointAddress Local { get; init; }

    public required EndpointAddress Remote { get; init; }

    /// <summary>Id of the process's cgroup (v2); 0: not known.</summary>
    public ulong Cgroup { get; init; }

    /// <summary>Inode of the network namespace, as in /proc/PID/ns/net; 0: not known.</summary>
    public uint NetworkNamespace { get; init; }

    /// <summary>Of a unix socket: its path.</summary>
    public ReadOnlySpan<byte> UnixPath { get; init; }

    /// <summary>Who accepted or connected; unknown when that was before our time.</summary>
    public EndpointRole Role { get; init; }

    /// <summary>Stream positions count from the connection's first byte.</summary>
    public bool FromStart { get; init; }

    /// <summary>
    /// Of a connection that is older than the capture and stood still when the capture began: in which directions the next byte begins an
    /// exchange, for the last bytes before were of the other direction.
    /// </summary>
    public QuietDirections Quiet { get; init; }
}
