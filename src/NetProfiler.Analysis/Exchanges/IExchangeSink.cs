using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>Where exchanges go. Called on the ring-buffer thread: must neither wait nor allocate per exchange.</summary>
public interface IExchangeSink
{
    /// <summary>A request's head was read. Returns where it counts while it is in flight; null: nowhere.</summary>
    InFlight? Begin(in Exchange exchange);

    /// <summary>A request and its whole response.</summary>
    void Accept(in Exchange exchange);

    /// <summary>A request whose connection ended before its response was whole, or begun: see <see cref="Exchange.Outcome"/>.</summary>
    void AcceptUnfinished(in Exchange exchange);

    /// <summary>
    /// Messages of a connection that could not be read or paired, or the connection itself (1) that speaks another protocol.
    /// </summary>
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
    /// So many exchanges of a connection that were handed over as <see cref="PairingClass.Assumed"/> turned out not to be sure.
    /// </summary>
    void AcceptRefuted(ConnectionIdentity connection, int count);
}
