namespace NetProfiler.Analysis.Connections;

/// <summary>The connections that are alive, by identity and by address. Ring-buffer thread only.</summary>
internal sealed class ConnectionTable
{
    /// <summary>As many as the kernel side tracks; one more is refused and counted.</summary>
    public const int MaxConnections = 65536;

    /// <summary>Closed connections kept for use again.</summary>
    private const int MaxSpare = 1024;

    private readonly Dictionary<ulong, Connection> _byId = [];
    private readonly Dictionary<(EndpointAddress Local, EndpointAddress Remote), Connection> _byAddress = [];
    private readonly Stack<Connection> _spare = [];
    private readonly HeldBuffers _buffers = new();

    public int Count => _byId.Count;

    public Dictionary<ulong, Connection>.ValueCollection All => _byId.Values;

    public Connection? Find(ulong id) => _byId.GetValueOrDefault(id);

    /// <summary>The connection seen from its other end, when that end is a profiled process of this machine too.</summary>
    public Connection? FindPeer(Connection connection) =>
        connection.Local.Kind == EndpointKind.Unix ? null : _byAddress.GetValueOrDefault((connection.Remote, connection.Local));

    public Connection? Add(in SocketOpen open, ProcessIdentity process)
    {
        if (_byId.Count == MaxConnections) return null;
        var connection = _spare.TryPop(out var spare) ? spare : new Connection(_buffers);
        connection.Open(open, process);
        _byId[open.Connection] = connection;
        if (open.Local.Kind != EndpointKind.Unix) _byAddress[(open.Local, open.Remote)] = connection;
        return connection;
    }

    public void Remove(Connection connection)
    {
        _byId.Remove(connection.Id);
        if (_byAddress.GetValueOrDefault((connection.Local, connection.Remote)) == connection)
            _byAddress.Remove((connection.Local, connection.Remote));
        connection.Reset();
        if (_spare.Count < MaxSpare) _spare.Push(connection);
    }
}
