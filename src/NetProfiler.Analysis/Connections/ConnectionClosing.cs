using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>Why no more events of a connection will follow.</summary>
/// <param name="End">None if it is unknown, or if this is not a TCP connection.</param>
/// <param name="IsShutdown">Profiling ends; the connection itself continues.</param>
/// <param name="IsSeen">Whether the end itself was observed.</param>
/// <param name="TimeNanoseconds">CLOCK_MONOTONIC; 0 if unknown.</param>
internal readonly record struct ConnectionClosing(ConnectionEnd End, bool IsShutdown, bool IsSeen, long TimeNanoseconds)
{
    public static ConnectionClosing Unseen => default;

    public static ConnectionClosing Shutdown => new(ConnectionEnd.None, IsShutdown: true, IsSeen: false, 0);

    public static ConnectionClosing Of(in SocketClose close) => new(close.End, IsShutdown: false, IsSeen: true, close.TimeNanoseconds);

    /// <summary>A reset or a timeout: a body delimited by the close is incomplete (RFC 9112, section 8).</summary>
    public bool IsCut => End is ConnectionEnd.ResetReceived or ConnectionEnd.ResetSent or ConnectionEnd.Timeout;

    /// <param name="role">Role of the profiled process.</param>
    /// <param name="hasPeerEnded">Whether the peer's direction had ended before. Used where the kernel does not report which side closed
    /// first (Unix sockets).</param>
    /// <param name="hasProcessEnded">Whether the profiled process exited after it moved the last byte.</param>
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
