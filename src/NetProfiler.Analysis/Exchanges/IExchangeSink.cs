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

    /// <summary>
    /// The number of a connection's exchanges, submitted as <see cref="PairingClass.Assumed"/>, whose pairing was refuted later.
    /// </summary>
    void AcceptRefuted(ConnectionIdentity connection, int count);
}
