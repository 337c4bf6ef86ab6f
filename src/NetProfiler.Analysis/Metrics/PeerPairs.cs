using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>Who measured and who was at the other end.</summary>
/// <param name="Role">Who this side is.</param>
/// <param name="Process">Name of the process on this side.</param>
/// <param name="Container">Of the process; null: none that is known. Without its id: started again, it is the same to people, and in labels.</param>
/// <param name="Remote">The other side.</param>
public sealed record PeerPair(EndpointRole Role, string Process, ContainerIdentity? Container, Party Remote)
{
    /// <summary>This side.</summary>
    public Party Local { get; } = Party.Of(Process, Container);
}

/// <summary>Numbers the pairs, so that a connection finds its labels by an index. Ring-buffer thread only.</summary>
public sealed class PeerPairs
{
    /// <summary>Most pairs; further ones share the last, which names nobody.</summary>
    public const int MaxPairs = 4096;

    private static readonly Party Others = new(PartyKind.External, null, "other");

    private readonly Dictionary<(EndpointRole, string, ContainerIdentity?, Party), int> _indices = [];
    private readonly List<PeerPair> _pairs = [];

    public PeerPair this[int index] => _pairs[index];

    public int IndexOf(EndpointRole role, ProcessIdentity process, Party remote)
    {
        var key = (role, process.Name, process.Container is { } container ? container with { Id = "" } : null, remote);
        if (_indices.TryGetValue(key, out int index)) return index;
        if (_pairs.Count >= MaxPairs - 2) key = (role, Others.Name, null, Others);
        if (_indices.TryGetValue(key, out index)) return index;
        _pairs.Add(new PeerPair(role, key.Item2, key.Item3, key.Item4));
        return _indices[key] = _pairs.Count - 1;
    }
}
