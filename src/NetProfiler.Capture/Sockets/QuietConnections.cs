using NetProfiler.Analysis.Connections;

namespace NetProfiler.Capture.Sockets;

/// <summary>What is known of connections that stood still, as long as nothing was lost since: a lost event may have been one of theirs.</summary>
/// <param name="lostEvents">Events lost until now.</param>
internal sealed class QuietConnections(Func<long> lostEvents)
{
    private sealed record Look(QuietSockets Sockets, long LostBefore);

    // Looked at on another thread than events are read on.
    private volatile Look? _latest;

    /// <summary>Looks at every connection of the machine; replaces what was seen before.</summary>
    public void LookAgain()
    {
        long lost = lostEvents();
        _latest = new(QuietSockets.Read(), lost);
    }

    /// <summary>Before targets are added, whose connections were not followed since the latest look.</summary>
    public void Forget() => _latest = null;

    public QuietDirections Take(uint networkNamespace, EndpointAddress local, EndpointAddress remote) =>
        _latest is { } look && look.Sockets.Take(networkNamespace, local, remote) is not QuietDirections.None and var quiet && lostEvents() == look.LostBefore
            ? quiet
            : QuietDirections.None;
}
