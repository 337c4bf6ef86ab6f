
namespace NetProfiler.Analysis.Events;

/// <summary>What a source of events tells. One thread calls, in the order in which the calls returned.</summary>
public interface ISocketEventHandler
{
    void OnOpen(in SocketOpen open);

    void OnData(in SocketData data);

    /// <summary>One direction will carry no more bytes.</summary>
    void OnEnd(ulong connection, Direction direction, long timeNanoseconds);

    void OnClose(in SocketClose close);

    /// <summary>What a TCP connection did so far: now and then, and before its close.</summary>
    void OnTally(in SocketTally tally);

    /// <summary>The kernel dropped a packet of a connection.</summary>
    /// <param name="reason">The kernel's word for why, in snake case.</param>
    void OnDrop(ulong connection, string reason, long timeNanoseconds);

    /// <summary>A target process is gone, and the unix sockets it held with it.</summary>
    void OnProcessExit(int processId, long timeNanoseconds);

    /// <summary>A process listens, or made a connection.</summary>
    void OnOwner(in SocketOwner owner);

    /// <summary>The connection's packets meet its other end under other addresses: what that end calls remote and local.</summary>
    void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote);

    /// <summary>A network namespace of this machine has this address; the port is of no interest.</summary>
    void OnHost(uint networkNamespace, EndpointAddress address);

    /// <summary>
    /// A TLS session is bound to a connection that was reported before. Its plaintext is reported by <see cref="OnData"/>.
    /// </summary>
    void OnStream(in SocketStream stream);

    /// <summary>A TLS session ends, or the stream that reports it.</summary>
    void OnStreamEnd(in SocketStreamEnd end);
}
