using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>That no more events of a connection will come, and why.</summary>
/// <param name="End">None: it is not known, or no TCP connection.</param>
/// <param name="IsShutdown">Profiling ends: the connection goes on without being looked at.</param>
/// <param name="IsSeen">The end itself was seen.</param>
/// <param name="TimeNanoseconds">CLOCK_MONOTONIC; 0: not known.</param>
internal readonly record struct ConnectionClosing(ConnectionEnd End, bool IsShutdown, bool IsSeen, long TimeNanoseconds)
{
    public static ConnectionClosing Unseen => default;

    public static ConnectionClosing Shutdown => new(ConnectionEnd.None, IsShutdown: true, IsSeen: false, 0);

    public static ConnectionClosing Of(in SocketClose close) => new(close.End, IsShutdown: false, IsSeen: true, close.TimeNanoseconds);

    /// <summary>A reset, or a peer that did not answer: a body that the close would end is not whole (RFC 9112, section 8).</summary>
    public bool IsCut => End is ConnectionEnd.ResetReceived or ConnectionEnd.ResetSent or ConnectionEnd.Timeout;

    /// <param name="role">Of the profiled process.</param>
    /// <param name="hasPeerEnded">The peer's direction had ended before; asked where the kernel does not tell who was first (Unix
    /// sockets).</param>
    /// <param name="hasProcessEnded">The profiled process ended since it moved the last byte.</param>
    public EndedBy EndedBy(EndpointRole role, bool hasPeerEnded, bool hasProcessEnded)
    {
        if (!IsSeen || IsShutdown || role == EndpointRole.Unknown)
            return hasProcessEnded && !IsShutdown ? Exchanges.EndedBy.ProcessEnded : Exchanges.EndedBy.Unknown;
        bool isServer = role == EndpointRole.Server;
        bool isPeers = End is ConnectionEnd.ResetReceived or ConnectionEnd.PeerFin || (End == ConnectionEnd.None && hasPeerEnded);
        if (!isPeers && hasProcessEnded) return Exchanges.EndedBy.ProcessEnded;
        return (End, isServer == isPeers) switch
        {
            (ConnectionEnd.ResetReceived or ConnectionEnd.ResetSent, true) => Exchanges.EndedBy.ClientReset,
            (ConnectionEnd.ResetReceived or ConnectionEnd.ResetSent, false) => Exchanges.EndedBy.ServerReset,
            (ConnectionEnd.Fin or ConnectionEnd.PeerFin or ConnectionEnd.None, true) => Exchanges.EndedBy.ClientClosed,
            (ConnectionEnd.Fin or ConnectionEnd.PeerFin or ConnectionEnd.None, false) => Exchanges.EndedBy.ServerClosed,
            _ => Exchanges.EndedBy.Unknown,
        };
    }
}
