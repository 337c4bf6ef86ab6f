using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// For a while, probes of what processes hand to transports: by them a session that is older than the probes of its process is bound to its
/// connection. Belongs to the thread of <see cref="TlsProbes"/>.
/// </summary>
internal sealed class TransportProbes(ProcessProbes probes, TlsMaps maps)
{
    /// <summary>How long after a session without a connection was reported. The kernel side asks again where it has to.</summary>
    private const long PeriodNanoseconds = 10_000_000_000;

    /// <summary>Processes at a time; for others it is asked again.</summary>
    private const int MaxProcesses = 64;

    private readonly Dictionary<int, (long Until, IReadOnlyList<SafeFileHandle> Links)> _attached = [];

    /// <summary>When the next probes are to be taken away. CLOCK_MONOTONIC; the largest number: there are none.</summary>
    public long DueNanoseconds => _attached.Count == 0 ? long.MaxValue : _attached.Values.Min(one => one.Until);

    public void Attach(int process, ProbedProcess state)
    {
        long until = MonotonicClock.Nanoseconds + PeriodNanoseconds;
        if (_attached.TryGetValue(process, out var known))
        {
            _attached[process] = known with { Until = until };
            return;
        }

        if (_attached.Count == MaxProcesses || probes.AttachTransports(process, state) is not { Count: > 0 } links) return;
        if (_attached.Count == 0) maps.CompareCiphers(true);
        _attached[process] = (until, links);
    }

    /// <summary>The links whose time is over, to be closed.</summary>
    /// <param name="isEnd">The time of all is over.</param>
    public List<SafeFileHandle> TakeDue(bool isEnd = false)
    {
        if (_attached.Count == 0) return [];
        long now = MonotonicClock.Nanoseconds;
        var due = _attached.Where(one => isEnd || one.Value.Until <= now).ToList();
        foreach (var (process, _) in due) _attached.Remove(process);
        if (_attached.Count == 0) maps.CompareCiphers(false);
        return [.. due.SelectMany(one => one.Value.Links)];
    }
}
