using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// Receives exchanges. Called on the ring-buffer thread: implementations must not block, and must not allocate per exchange.
/// </summary>
public interface IExchangeSink
{
    /// <summary>A request's head was read. Returns the counter for requests in flight. Null if the request is not counted.</summary>
    InFlight? Begin(in Exchange exchange);

    /// <summary>A request with its complete response.</summary>
    void Accept(in Exchange exchange);

    /// <summary>
    /// A request whose connection ended before its response was complete, or before it began: see <see cref="Exchange.Outcome"/>.
    /// </summary>
    void AcceptUnfinished(in Exchange exchange);

    /// <summary>Messages of a connection that could not be read or paired, or 1 for a connection that carries another protocol.</summary>
    void AcceptUnread(ConnectionIdentity connection, int count);

    /// <summary>A connection carries TLS.</summary>
    /// <param name="mayBeRead">
    /// Whether the TLS of its process is read: then <see cref="AcceptTlsRead"/> or <see cref="AcceptTlsUnread"/> follows.
    /// </param>
    void AcceptTls(ConnectionIdentity connection, bool mayBeRead);

    /// <summary>The plaintext of a TLS connection is read from now on. Once for each connection.</summary>
    void AcceptTlsRead(ConnectionIdentity connection);

    /// <summary>A TLS connection of a process whose TLS is read ended, and none of its plaintext was read.</summary>
    void AcceptTlsUnread(ConnectionIdentity connection, TlsUnreadReason reason);

    /// <summary>
    /// The number of a connection's exchanges, submitted as <see cref="PairingClass.Assumed"/>, whose pairing was refuted later.
    /// </summary>
    void AcceptRefuted(ConnectionIdentity connection, int count);
}
