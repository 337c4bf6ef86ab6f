using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>Local and remote peer of a connection.</summary>
/// <param name="role">Role of this side.</param>
/// <param name="process">Name of the process on this side.</param>
/// <param name="container">Container of the process. Null if it is unknown. Its id is not compared: a restarted container is the same peer,
/// with the same labels.</param>
/// <param name="remote">Remote peer.</param>
/// <param name="namesPods">Whether its labels name the pod.</param>
public sealed class PeerPair(EndpointRole role, string process, ContainerIdentity? container, Party remote, bool namesPods = true)
{
    private PeerLabels? _labels;

    public EndpointRole Role { get; } = role;

    public string Process { get; } = process;

    public ContainerIdentity? Container { get; } = container;

    public Party Remote { get; } = remote;

    /// <summary>Local peer.</summary>
    public Party Local { get; } = Party.Of(process, container);

    /// <summary>Labels of the pair in metrics.</summary>
    public PeerLabels Labels => _labels ??= new PeerLabels(this, namesPods);
}

/// <summary>Shares one object among the connections between the same two peers. Ring-buffer thread only.</summary>
/// <remarks>
/// Only a memory optimization: a pair that was removed and is found again is another object with equal labels and parties, and counts as
/// before.
/// </remarks>
public sealed class PeerPairs
{
    /// <summary>Maximum number of pairs; the table is cleared when it is full.</summary>
    public const int MaxPairs = 4096;

    private readonly Dictionary<(EndpointRole, string, ContainerIdentity?, Party), PeerPair> _pairs = [];

    /// <summary>Whether labels name pods. Before the first pair.</summary>
    public bool NamesPods { get; set; } = true;

    public PeerPair Of(EndpointRole role, ProcessIdentity process, Party remote)
    {
        var key = (role, process.Name, process.Container is { } container ? container with { Id = "" } : null, remote);
        if (_pairs.TryGetValue(key, out var known)) return known;
        if (_pairs.Count == MaxPairs) _pairs.Clear();
        return _pairs[key] = new PeerPair(role, process.Name, key.Item3, remote, NamesPods);
    }
}
