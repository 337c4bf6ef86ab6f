using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>Who measured and who was at the other end.</summary>
/// <param name="role">Who this side is.</param>
/// <param name="process">Name of the process on this side.</param>
/// <param name="container">Of the process; null: none that is known. Without its id: started again, it is the same to people, and in
/// labels.</param>
/// <param name="remote">The other side.</param>
/// <param name="namesPods">Whether its labels name the pod.</param>
public sealed class PeerPair(EndpointRole role, string process, ContainerIdentity? container, Party remote, bool namesPods = true)
{
    private PeerLabels? _labels;

    public EndpointRole Role { get; } = role;

    public string Process { get; } = process;

    public ContainerIdentity? Container { get; } = container;

    public Party Remote { get; } = remote;

    /// <summary>This side.</summary>
    public Party Local { get; } = Party.Of(process, container);

    /// <summary>What metrics know it by.</summary>
    public PeerLabels Labels => _labels ??= new PeerLabels(this, namesPods);
}

/// <summary>The pairs that connections met, so that those between the same two share one. Ring-buffer thread only.</summary>
/// <remarks>It only saves memory: a pair that was forgotten and is met again is another object, with equal labels and parties, and counts
/// as before.</remarks>
public sealed class PeerPairs
{
    /// <summary>Pairs remembered; all are forgotten when there are more.</summary>
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
