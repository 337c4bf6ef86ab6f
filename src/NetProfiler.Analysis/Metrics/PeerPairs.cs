using NetProfiler.Analysis.Connections;

namespace NetProfiler.Analysis.Metrics;

/// <summary>Who measured and who was at the other end.</summary>
/// <param name="Role">Who this side is.</param>
/// <param name="Process">Name of the process on this side.</param>
/// <param name="Peer">The other side: a process's name or an address.</param>
/// <param name="PeerKind">"process" for a profiled process of this machine, else "external".</param>
public sealed record PeerPair(EndpointRole Role, string Process, string Peer, string PeerKind)
{
    public const string ProcessKind = "process";
    public const string ExternalKind = "external";
}

/// <summary>Numbers the pairs, so that a connection finds its labels by an index. Ring-buffer thread only.</summary>
public sealed class PeerPairs
{
    /// <summary>Most pairs; further ones share the last, which names nobody.</summary>
    public const int MaxPairs = 4096;

    private readonly Dictionary<(EndpointRole, string, string, string), int> _indices = [];
    private readonly List<PeerPair> _pairs = [];

    public PeerPair this[int index] => _pairs[index];

    /// <summary>Index of the connection's pair; remembered with the connection.</summary>
    public int IndexOf(Connection connection, ProcessIdentity? peer)
    {
        if (connection.PeerPair >= 0) return connection.PeerPair;

        string name = peer?.Name ?? connection.Remote.Host();
        string kind = peer is null ? PeerPair.ExternalKind : PeerPair.ProcessKind;
        return connection.PeerPair = IndexOf(connection.Role, connection.Process.Name, name, kind);
    }

    private int IndexOf(EndpointRole role, string process, string peer, string kind)
    {
        if (_indices.TryGetValue((role, process, peer, kind), out int index)) return index;
        if (_pairs.Count >= MaxPairs - 2) (process, peer, kind) = ("other", "other", PeerPair.ExternalKind);
        if (_indices.TryGetValue((role, process, peer, kind), out index)) return index;
        _pairs.Add(new PeerPair(role, process, peer, kind));
        return _indices[(role, process, peer, kind)] = _pairs.Count - 1;
    }
}
