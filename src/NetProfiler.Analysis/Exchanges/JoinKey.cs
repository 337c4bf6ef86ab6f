using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// Identifies one exchange at both ends of its TCP connection, so that the client's and the server's view of it can be joined.
/// </summary>
/// <remarks>
/// Positions count from the connection's first byte: a byte's sequence number minus the first one of its stream. Both ends agree on them,
/// and address translation keeps them. Connections that are open at the same time differ in their addresses; consecutive connections with
/// the same addresses do not overlap in time, which <see cref="ExchangeJoiner"/> requires.
/// </remarks>
/// <param name="Client">Address of the client, as the server's host sees it after translation.</param>
/// <param name="Server">Address of the server, as its host sees it after translation.</param>
/// <param name="NetworkNamespace">Inode of the network namespace if the addresses are loopback addresses, which exist in every namespace;
/// otherwise 0.</param>
/// <param name="RequestPosition">Position of the request's first byte.</param>
/// <param name="ResponsePosition">Position of the final response's first byte.</param>
public readonly record struct JoinKey(EndpointAddress Client, EndpointAddress Server, uint NetworkNamespace, ulong RequestPosition,
    ulong ResponsePosition)
{
    /// <summary>Null for a Unix socket, a connection that was not observed from its start, and a process of unknown role.</summary>
    internal static JoinKey? Of(ConnectionIdentity connection, ulong requestPosition, ulong responsePosition)
    {
        if (connection.Local.Kind == EndpointKind.Unix || !connection.IsFromStart || connection.Role == EndpointRole.Unknown) return null;
        var (local, remote) = connection.Translated is { } outside ? (outside.Local, outside.Remote)
            : (connection.Local, connection.Remote);
        var (client, server) = connection.Role == EndpointRole.Client ? (local, remote) : (remote, local);
        return new JoinKey(client, server, server.IsLoopback ? connection.NetworkNamespace : 0, requestPosition, responsePosition);
    }
}
