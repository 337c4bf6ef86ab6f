using NetProfiler.Analysis.Tcp;

namespace NetProfiler.Analysis.Connections;

/// <summary>Which way bytes moved, as the profiled process sees it.</summary>
public enum Direction : byte
{
    Ingress = 0,
    Egress = 1,
}

/// <summary>Which end of an HTTP connection the profiled process is.</summary>
public enum EndpointRole : byte
{
    Unknown = 0,
    Server = 1,
    Client = 2,
}

/// <summary>The system call that moved the bytes.</summary>
public enum SocketCall : byte
{
    None = 0,
    Read,
    ReadV,
    RecvFrom,
    RecvMsg,
    RecvMMsg,
    Write,
    WriteV,
    SendTo,
    SendMsg,
    SendMMsg,
    SendFile,
    Splice,
    Accept,
    Connect,
    Close,
}

/// <summary>Why bytes of a call were not copied.</summary>
[Flags]
public enum Uncaptured : byte
{
    None = 0,

    /// <summary>They never pass through user memory (sendfile, splice).</summary>
    LengthOnly = 1,

    /// <summary>We asked the kernel side not to: <see cref="IKernelConnections.SkipUntil"/>.</summary>
    Skipped = 2,

    /// <summary>The limit of bytes per call.</summary>
    Limited = 4,

    /// <summary>User memory could not be read.</summary>
    Fault = 8,

    /// <summary>More segments than are looked at.</summary>
    Segments = 16,

    /// <summary>The ring buffer was nearly full.</summary>
    Pressed = 32,
}

/// <summary>A connection is seen for the first time, or used by another process than before.</summary>
public readonly ref struct SocketOpen
{
    /// <summary>Identity of the connection, never reused.</summary>
    public required ulong Connection { get; init; }

    /// <summary>The kernel's key of the socket, for <see cref="IKernelConnections.IsOpen"/>; 0 where there is no kernel.</summary>
    public ulong Socket { get; init; }

    public required int ProcessId { get; init; }

    /// <summary>Name of the process, UTF-8 as far as the process cared.</summary>
    public required ReadOnlySpan<byte> ProcessName { get; init; }

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
}

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

    /// <summary>Bytes moved. 0: nothing but the position is told, so that a loss before the stream's end is noticed.</summary>
    public required uint Length { get; init; }

    /// <summary>Where <see cref="Bytes"/> begins, from <see cref="Position"/> on.</summary>
    public required uint Offset { get; init; }

    /// <summary>The captured part; valid during the call that hands it over.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>A later part of the call that the event before told of.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Smoothed round-trip time; 0 for a unix socket.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Segments retransmitted since the connection was first seen.</summary>
    public uint Retransmissions { get; init; }
}

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
}

/// <summary>What a source of events tells. One thread calls, in the order in which the calls returned.</summary>
public interface ISocketEventHandler
{
    void OnOpen(in SocketOpen open);

    void OnData(in SocketData data);

    /// <summary>One direction will carry no more bytes.</summary>
    void OnEnd(ulong connection, Direction direction, long timeNanoseconds);

    /// <summary>The connection is gone. Where the program still holds the socket, it may yet read what came before.</summary>
    void OnClose(ulong connection, long timeNanoseconds, bool isHeld);

    /// <summary>What a TCP connection did so far: now and then, and before its close.</summary>
    void OnTally(in SocketTally tally);

    /// <summary>The kernel dropped a packet of a connection.</summary>
    /// <param name="reason">The kernel's word for why, in snake case.</param>
    void OnDrop(ulong connection, string reason, long timeNanoseconds);

    /// <summary>A target process is gone, and the unix sockets it held with it.</summary>
    void OnProcessExit(int processId, long timeNanoseconds);

    /// <summary>A process listens, or made a connection.</summary>
    void OnOwner(in SocketOwner owner)
    {
    }

    /// <summary>The connection's packets meet its other end under other addresses: what that end calls remote and local.</summary>
    void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
    }

    /// <summary>A network namespace of this machine has this address; the port is of no interest.</summary>
    void OnHost(uint networkNamespace, EndpointAddress address)
    {
    }
}

/// <summary>What analysis tells the source about a connection, to be spared bytes that it does not need.</summary>
public interface IKernelConnections
{
    /// <summary>Bytes of this direction before the position (modulo 2^32) need not be copied.</summary>
    void SkipUntil(ulong connection, Direction direction, uint position);

    /// <summary>Takes <see cref="SkipUntil"/> back.</summary>
    void StopSkipping(ulong connection, Direction direction);

    /// <summary>Not HTTP/1.x, or no longer: only its end is of interest.</summary>
    void Ignore(ulong connection);

    /// <summary>When calls begin is of interest, and TCP does not tell: from now on it is told of all.</summary>
    void TimeCalls()
    {
    }

    /// <summary>It ended, and the kernel side cannot know: its process left without closing it.</summary>
    void Forget(ulong connection, ulong socket);

    /// <summary>Whether the kernel still has it; false when its end was lost.</summary>
    bool IsOpen(ulong connection, ulong socket);
}
