using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// What is known of connections that stood still, as long as nothing was lost since: a lost event may have been one of theirs.
/// </summary>
/// <param name="lostEvents">Events lost until now.</param>
internal sealed class QuietConnections(Func<long> lostEvents)
{
    private sealed record Look(QuietSockets Sockets, long LostBefore, long TimeNanoseconds, Look? Earlier);

    // Looked at on other threads than events are read on.
    private volatile Look? _latest;

    /// <summary>
    /// Looks at every connection of the machine, and once more after a silence, when what had been sent a moment before is acknowledged;
    /// replaces what was seen before.
    /// </summary>
    public void LookAgain()
    {
        var first = TakeLook(null);
        _latest = first;
        _ = Task.Delay(QuietSockets.SilenceMilliseconds).ContinueWith(
            _ => _latest == first ? Interlocked.CompareExchange(ref _latest, TakeLook(first), first) : null,
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Before targets are added, whose connections were not followed since the latest look, and at the end.</summary>
    public void Forget() => _latest = null;

    /// <param name="timeNanoseconds">Of the first event.</param>
    public QuietDirections Take(uint networkNamespace, EndpointAddress local, EndpointAddress remote, long timeNanoseconds)
    {
        for (var look = _latest; look is not null; look = look.Earlier)
        {
            var quiet = look.Sockets.Take(networkNamespace, local, remote, timeNanoseconds - look.TimeNanoseconds);
            if (quiet != QuietDirections.None && lostEvents() == look.LostBefore) return quiet;
        }

        return QuietDirections.None;
    }

    private Look TakeLook(Look? earlier)
    {
        long lost = lostEvents();
        var sockets = QuietSockets.Read();
        return new(sockets, lost, MonotonicClock.Nanoseconds, earlier);
    }
}
