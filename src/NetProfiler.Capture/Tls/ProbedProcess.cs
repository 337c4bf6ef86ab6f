using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>A target process and the probes in it. The thread of <see cref="TlsProbes"/> changes it; others read the fields that are volatile.</summary>
/// <param name="seenNanoseconds">CLOCK_MONOTONIC when the process, or the program that it executes now, was first seen.</param>
internal sealed class ProbedProcess(long seenNanoseconds)
{
    private readonly List<SafeFileHandle> _links = [];
    private long _attachedNanoseconds;
    private volatile bool _isUnsupported;

    public HashSet<ulong> Inodes { get; } = [];

    public int Links => _links.Count;

    /// <summary>CLOCK_MONOTONIC when the first library's probes were attached; 0: none is.</summary>
    public long AttachedNanoseconds => Volatile.Read(ref _attachedNanoseconds);

    public long SeenNanoseconds => seenNanoseconds;

    /// <summary>A library was found that cannot be probed.</summary>
    public bool IsUnsupported => _isUnsupported;

    /// <summary>Looks that are still to come, and when the next one is due. CLOCK_MONOTONIC.</summary>
    public int Looks { get; set; }

    public long DueNanoseconds { get; set; }

    /// <summary>When the process ended; 0: it did not. CLOCK_MONOTONIC.</summary>
    public long EndedNanoseconds { get; set; }

    public void Add(IEnumerable<SafeFileHandle> links, long nowNanoseconds)
    {
        _links.AddRange(links);
        if (AttachedNanoseconds == 0) Volatile.Write(ref _attachedNanoseconds, nowNanoseconds);
    }

    public void Refuse() => _isUnsupported = true;

    /// <summary>Gives the links away, to be closed in this order: no session counts as seen from its beginning whose calls are not.</summary>
    public IReadOnlyList<SafeFileHandle> TakeLinks()
    {
        SafeFileHandle[] links = [.. Enumerable.Reverse(_links)];
        _links.Clear();
        return links;
    }
}
