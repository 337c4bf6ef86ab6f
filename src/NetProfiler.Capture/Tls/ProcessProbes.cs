using Microsoft.Win32.SafeHandles;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// Finds the TLS libraries of a process and probes them. Belongs to the thread of <see cref="TlsProbes"/>; counters may be read on any.
/// </summary>
internal sealed class ProcessProbes(LibraryProbes attacher, TlsMaps maps)
{
    /// <summary>Links held, three of each process and library; processes beyond are not probed, and counted.</summary>
    private const int MaxLinks = 2048;

    private readonly LibraryTable _libraries = new(maps);
    private readonly HashSet<ulong> _everywhere = [];
    private readonly List<SafeFileHandle> _linksEverywhere = [];
    private long _failures;
    private int _links;

    /// <summary>Processes whose TLS library could not be probed, and looks that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The latest failure, as a sentence. Null if there was none.</summary>
    public string? LatestFailure { get; private set; }

    public TlsSession SessionOf(ushort library, uint version) => _libraries.SessionOf(library, version);

    /// <summary>Probes this machine's TLS libraries in every process.</summary>
    public void ProbeEverywhere()
    {
        foreach (var library in ProcessFiles.Installed())
        {
            using var file = File.OpenHandle(library.Path);
            if (_everywhere.Contains(library.Inode) || _libraries.PlanOf(file, library)?.Sessions is not { } plan) continue;
            _linksEverywhere.AddRange(attacher.Attach(plan, file, LibraryProbes.EveryProcess));
            _everywhere.Add(library.Inode);
        }
    }

    /// <summary>Probes what the process has loaded since the last time.</summary>
    public void Look(int process, ProbedProcess state)
    {
        try
        {
            foreach (var file in ProcessFiles.Find(process))
            {
                if (state.Inodes.Add(file.Inode) && (file.IsTlsLibrary || !_libraries.IsOther(file))) Attach(process, state, file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ProbeFailedException)
        {
            // A process that ends meanwhile is no failure.
            if (Directory.Exists($"/proc/{process}")) Fail(state, failure.Message);
        }
    }

    /// <summary>Probes where the process hands bytes to transports. Fewer links where the process ends meanwhile.</summary>
    public IReadOnlyList<SafeFileHandle> AttachTransports(int process, ProbedProcess state)
    {
        var links = new List<SafeFileHandle>();
        foreach (var (mapped, probes) in state.Transports)
        {
            try
            {
                using var file = ProcessFiles.Open(process, mapped);
                if (FileIdentity.InodeOf(file) == mapped.Inode) links.Add(attacher.AttachTransports(probes, file, process));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ProbeFailedException)
            {
                if (Directory.Exists($"/proc/{process}")) Report(failure.Message);
            }
        }

        return links;
    }

    /// <summary>The links of a process, to be closed in this order. Nothing of it is probed any more.</summary>
    public IReadOnlyList<SafeFileHandle> TakeLinks(ProbedProcess state)
    {
        _links -= state.Links;
        return state.TakeLinks();
    }

    /// <summary>The links of all processes, to be closed in this order.</summary>
    public IEnumerable<SafeFileHandle> TakeLinksEverywhere() => Enumerable.Reverse(_linksEverywhere);

    private void Attach(int process, ProbedProcess state, MappedFile mapped)
    {
        using var file = TryOpen(process, state, mapped);
        if (file is null) return;
        var plan = _libraries.PlanOf(file, mapped);
        if (plan is not null) state.AddTransports(mapped, plan.Transports);
        if (_everywhere.Contains(mapped.Inode))
        {
            state.Add([], MonotonicClock.Nanoseconds);
            return;
        }

        if (plan?.Sessions is not { } sessions)
        {
            if (mapped.IsTlsLibrary) state.Refuse(); // such as NSS, whose library has a like name
            return;
        }

        if (_links + LibraryProbes.LinksOfFile > MaxLinks)
        {
            Fail(state, $"process {process} is not probed: {MaxLinks} probes are attached");
            return;
        }

        var links = attacher.Attach(sessions, file, process);
        _links += links.Count;
        state.Add(links, MonotonicClock.Nanoseconds);
    }

    // One file that cannot be opened says nothing of the others.
    private SafeFileHandle? TryOpen(int process, ProbedProcess state, MappedFile mapped)
    {
        try
        {
            return ProcessFiles.Open(process, mapped);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (mapped.IsTlsLibrary && Directory.Exists($"/proc/{process}"))
                Fail(state, mapped.IsDeleted
                    ? $"{mapped.Path} of process {process} was replaced since it was loaded: restart the process" : failure.Message);
            return null;
        }
    }

    private void Fail(ProbedProcess state, string message)
    {
        Report(message);
        state.Refuse();
    }

    private void Report(string message)
    {
        Interlocked.Increment(ref _failures);
        LatestFailure = message;
    }
}
