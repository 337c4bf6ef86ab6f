using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>What is known of connections that stood still, as long as nothing was lost since: a lost event may have been one of theirs.</summary>
/// <param name="lostEvents">Events lost until now.</param>
internal sealed class QuietConnections(Func<long> lostEvents)
{
    private sealed record Look(QuietSockets Sockets, long LostBefore, long TimeNanoseconds);

    // Looked at on another thread than events are read on.
    private volatile Look? _latest;

    /// <summary>Looks at every connection of the machine; replaces what was seen before.</summary>
    public void LookAgain()
    {
        long lost = lostEvents();
        var sockets = QuietSockets.Read();
        _latest = new(sockets, lost, MonotonicClock.Nanoseconds);
    }

    /// <summary>Before targets are added, whose connections were not followed since the latest look.</summary>
    public void Forget() => _latest = null;

    /// <param name="timeNanoseconds">Of the first event.</param>
    public QuietDirections Take(uint networkNamespace, EndpointAddress local, EndpointAddress remote, long timeNanoseconds)
    {
        if (_latest is not { } look) return QuietDirections.None;
        var quiet = look.Sockets.Take(networkNamespace, local, remote, timeNanoseconds - look.TimeNanoseconds);
        return quiet != QuietDirections.None && lostEvents() == look.LostBefore ? quiet : QuietDirections.None;
    }
}
