using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// A target process and the probes in it. The thread of <see cref="TlsProbes"/> changes it; others read the fields that are volatile.
/// </summary>
/// <param name="seenNanoseconds">CLOCK_MONOTONIC when the process, or the program that it executes now, was first seen.</param>
internal sealed class ProbedProcess(long seenNanoseconds)
{
    /// <summary>
    /// A program may load a library at any time: how often one without is looked at, and the least time for all of them together.
    /// </summary>
    private const long PeriodMilliseconds = 2000, MillisecondsPerProcess = 10;

    /// <summary>How often one that is probed is looked at: it may load another library, or its end was not reported.</summary>
    private const long PeriodOfProbedMilliseconds = 30_000;

    private const long MillisecondNanoseconds = 1_000_000;

    // A program loads its libraries within the first milliseconds, or when it first needs them.
    private static readonly long[] LookAgainMilliseconds = [1, 1, 2, 3, 5, 8, 13, 20, 30, 50, 100, 200, 500];

    /// <summary>Files with transports that are remembered; a process has one, or two.</summary>
    private const int MaxTransports = 8;

    private readonly List<SafeFileHandle> _links = [];
    private readonly List<(MappedFile File, IReadOnlyList<Probe> Probes)> _transports = [];
    private int _looks;
    private long _attachedNanoseconds;
    private volatile bool _isUnsupported;

    public HashSet<ulong> Inodes { get; } = [];

    /// <summary>Files that hand bytes to transports.</summary>
    public IReadOnlyList<(MappedFile File, IReadOnlyList<Probe> Probes)> Transports => _transports;

    public int Links => _links.Count;

    /// <summary>CLOCK_MONOTONIC when the first library's probes were attached; 0: none is.</summary>
    public long AttachedNanoseconds => Volatile.Read(ref _attachedNanoseconds);

    public long SeenNanoseconds => seenNanoseconds;

    /// <summary>A library was found that cannot be probed.</summary>
    public bool IsUnsupported => _isUnsupported;

    /// <summary>It started a moment ago, and is looked at often.</summary>
    public bool IsNew => _looks < LookAgainMilliseconds.Length;

    /// <summary>When the next look is due. CLOCK_MONOTONIC.</summary>
    public long DueNanoseconds { get; private set; }

    /// <summary>When the process ended; 0: it did not. CLOCK_MONOTONIC.</summary>
    public long EndedNanoseconds { get; set; }

    public void Add(IEnumerable<SafeFileHandle> links, long nowNanoseconds)
    {
        _links.AddRange(links);
        if (AttachedNanoseconds == 0) Volatile.Write(ref _attachedNanoseconds, nowNanoseconds);
    }

    public void AddTransports(MappedFile file, IReadOnlyList<Probe> probes)
    {
        if (probes.Count > 0 && _transports.Count < MaxTransports) _transports.Add((file, probes));
    }

    /// <summary>It executes another program.</summary>
    public void StartAgain() => _looks = 0;

    /// <summary>It was looked at: says when to do so again.</summary>
    /// <param name="processes">All that are looked at.</param>
    public void PlanNext(int processes)
    {
        long rest = AttachedNanoseconds != 0 || IsUnsupported ? PeriodOfProbedMilliseconds
            : long.Max(PeriodMilliseconds, MillisecondsPerProcess * processes);
        DueNanoseconds = MonotonicClock.Nanoseconds + (IsNew ? LookAgainMilliseconds[_looks++] : rest) * MillisecondNanoseconds;
    }

    public void Refuse() => _isUnsupported = true;

    /// <summary>
    /// Gives the links away, to be closed in this order: no session counts as seen from its beginning whose calls are not.
    /// </summary>
    public IReadOnlyList<SafeFileHandle> TakeLinks()
    {
        SafeFileHandle[] links = [.. Enumerable.Reverse(_links)];
        _links.Clear();
        return links;
    }
}
