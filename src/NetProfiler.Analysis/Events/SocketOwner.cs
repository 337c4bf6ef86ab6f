namespace NetProfiler.Analysis.Events;

/// <summary>A socket of this machine, captured or not, and whose it is: one that listens, or one end of a connection.</summary>
public readonly ref struct SocketOwner
{
    public required int ProcessId { get; init; }

    /// <summary>Name of the process, UTF-8 as far as the process cared.</summary>
    public required ReadOnlySpan<byte> ProcessName { get; init; }

    /// <summary>Id of the process's cgroup (v2); 0: not known.</summary>
    public ulong Cgroup { get; init; }

    /// <summary>Inode of the network namespace, as in /proc/PID/ns/net.</summary>
    public required uint NetworkNamespace { get; init; }

    public required EndpointAddress Local { get; init; }

    /// <summary>Null: it listens.</summary>
    public required EndpointAddress? Remote { get; init; }

    /// <summary>Of one that listens: inode of the socket, as in /proc/PID/fd. Several sockets may have one address; 0: not known.</summary>
    public uint Inode { get; init; }

    /// <summary>It listened, and does not any more.</summary>
    public bool HasEnded { get; init; }
}
