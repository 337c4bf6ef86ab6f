
namespace NetProfiler.Analysis.Events;

/// <summary>Receives the events of a source, on one thread, in the order in which the calls returned.</summary>
public interface ISocketEventHandler
{
    void OnOpen(in SocketOpen open);

    void OnData(in SocketData data);

    /// <summary>One direction will carry no more bytes.</summary>
    void OnEnd(ulong connection, Direction direction, long timeNanoseconds);

    void OnClose(in SocketClose close);

    /// <summary>The counters of a TCP connection. Reported from time to time, and before its close.</summary>
    void OnTally(in SocketTally tally);

    /// <summary>The kernel dropped a packet of a connection.</summary>
    /// <param name="reason">The kernel's drop reason, in snake case.</param>
    void OnDrop(ulong connection, string reason, long timeNanoseconds);

    /// <summary>A target process has exited, and its unix sockets are closed.</summary>
    void OnProcessExit(int processId, long timeNanoseconds);

    /// <summary>A process listens, or has established a connection.</summary>
    void OnOwner(in SocketOwner owner);

    /// <summary>
    /// Packets of the connection are translated (NAT): these are its remote and local addresses as the other end sees them.
    /// </summary>
    void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote);

    /// <summary>A network namespace of this machine has this address; the port is not significant.</summary>
    void OnHost(uint networkNamespace, EndpointAddress address);

    /// <summary>A TLS session is bound to a connection that has been reported. Its plaintext is reported by <see cref="OnData"/>.</summary>
    void OnStream(in SocketStream stream);

    /// <summary>A TLS session ends, or the stream that reports it.</summary>
    void OnStreamEnd(in SocketStreamEnd end);
}
