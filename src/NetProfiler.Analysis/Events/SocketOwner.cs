namespace NetProfiler.Analysis.Events;

/// <summary>A socket of this machine, captured or not, with its process: a listening socket, or one end of a connection.</summary>
public readonly ref struct SocketOwner
{
    public required int ProcessId { get; init; }

    /// <summary>Name of the process as set by the process, usually valid UTF-8.</summary>
    public required ReadOnlySpan<byte> ProcessName { get; init; }

    /// <summary>Id of the process's cgroup (v2); 0 if unknown.</summary>
    public ulong Cgroup { get; init; }

    /// <summary>Inode of the network namespace, as in /proc/PID/ns/net.</summary>
    public required uint NetworkNamespace { get; init; }

    public required EndpointAddress Local { get; init; }

    /// <summary>Address of the peer. Null if the socket listens.</summary>
    public required EndpointAddress? Remote { get; init; }
}
