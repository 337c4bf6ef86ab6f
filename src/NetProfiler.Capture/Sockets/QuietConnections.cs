using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The connections that were idle, valid as long as no event has been lost since: a lost event may belong to one of them.
/// </summary>
/// <param name="lostEvents">Returns the number of events lost so far.</param>
internal sealed class QuietConnections(Func<long> lostEvents)
{
    private sealed record Look(QuietSockets Sockets, long LostBefore, long TimeNanoseconds, Look? Earlier);

    // Written on other threads than the one that reads events.
    private volatile Look? _latest;

    /// <summary>
    /// Scans every connection of the machine, and again after a silence, when the bytes sent shortly before are acknowledged; replaces the
    /// previous scan.
    /// </summary>
    public void LookAgain()
    {
        var first = TakeLook(null);
        _latest = first;
        _ = Task.Delay(QuietSockets.SilenceMilliseconds).ContinueWith(
            _ => _latest == first ? Interlocked.CompareExchange(ref _latest, TakeLook(first), first) : null,
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Discards the scan: before targets are added, whose connections were not followed since the scan, and at the end.</summary>
    public void Forget() => _latest = null;

    /// <param name="timeNanoseconds">Time of the first event.</param>
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
