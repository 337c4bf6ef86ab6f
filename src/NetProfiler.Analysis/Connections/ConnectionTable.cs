using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Connections;

/// <summary>The open connections, by identity and by address. Ring-buffer thread only.</summary>
internal sealed class ConnectionTable
{
    /// <summary>Same as the kernel side's limit; a connection beyond it is refused and counted.</summary>
    public const int MaxConnections = 65536;

    /// <summary>Maximum number of closed connections kept for reuse.</summary>
    private const int MaxSpare = 1024;

    private readonly Dictionary<ulong, Connection> _byId = [];
    private readonly Dictionary<(EndpointAddress Local, EndpointAddress Remote, uint Namespace), Connection> _byAddress = [];
    private readonly Stack<Connection> _spare = [];
    private Connection? _latest;

    public int Count => _byId.Count;

    public Dictionary<ulong, Connection>.ValueCollection All => _byId.Values;

    /// <summary>Consecutive events often concern the same connection, so the latest one is found without the table.</summary>
    public Connection? Find(ulong id)
    {
        if (_latest is { } latest && latest.Id == id) return latest;
        return _byId.TryGetValue(id, out var found) ? _latest = found : null;
    }

    /// <summary>The same connection as seen from its other end, if that end is a profiled process on this machine too.</summary>
    public Connection? FindPeer(ConnectionIdentity connection) =>
        connection.Local.Kind == EndpointKind.Unix ? null
            : connection.Translated is { } outside ? _byAddress.GetValueOrDefault(KeyOf(outside.Remote, outside.Local, connection))
            : _byAddress.GetValueOrDefault(KeyOf(connection.Remote, connection.Local, connection));

    public Connection? Add(in SocketOpen open, ProcessIdentity process, ConnectionServices services)
    {
        if (_byId.Count == MaxConnections) return null;
        var connection = _spare.TryPop(out var spare) ? spare : new Connection(services);
        connection.Open(open, process);
        _byId[open.Connection] = connection;
        if (open.Local.Kind != EndpointKind.Unix) _byAddress[KeyOf(open.Local, open.Remote, connection)] = connection;
        return connection;
    }

    /// <summary>Adds a TLS session on a connection. Lookups by address find the connection, not the session.</summary>
    public Connection? Add(in SocketStream stream, Connection carrier, ConnectionServices services)
    {
        if (_byId.Count == MaxConnections) return null;
        var session = _spare.TryPop(out var spare) ? spare : new Connection(services);
        session.Open(stream, carrier);
        return _byId[stream.Connection] = session;
    }

    /// <summary>Records the addresses after NAT, under which the other end sees the connection.</summary>
    public void Translate(Connection connection, EndpointAddress local, EndpointAddress remote)
    {
        if (connection.Translated is not null) return;
        connection.Translated = new Translation(local, remote);
        _byAddress[KeyOf(local, remote, connection)] = connection;
    }

    public void Remove(Connection connection)
    {
        if (_latest == connection) _latest = null;
        _byId.Remove(connection.Id);
        Remove(KeyOf(connection.Local, connection.Remote, connection), connection);
        if (connection.Translated is { } outside) Remove(KeyOf(outside.Local, outside.Remote, connection), connection);
        connection.Reset();
        if (_spare.Count < MaxSpare) _spare.Push(connection);
    }

    private void Remove((EndpointAddress, EndpointAddress, uint) key, Connection connection)
    {
        if (_byAddress.GetValueOrDefault(key) == connection) _byAddress.Remove(key);
    }

    // The same loopback address exists in every network namespace.
    private static (EndpointAddress, EndpointAddress, uint) KeyOf(EndpointAddress local, EndpointAddress remote,
        ConnectionIdentity connection) =>
        (local, remote, local.IsLoopback || remote.IsLoopback ? connection.NetworkNamespace : 0);
}
