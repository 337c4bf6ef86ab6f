using Microsoft.Win32.SafeHandles;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// The files with TLS libraries that were found, each read once. <see cref="SessionOf"/> on any thread; the rest on the thread of
/// <see cref="TlsProbes"/>.
/// </summary>
internal sealed class LibraryTable(TlsMaps maps)
{
    /// <summary>Files with a TLS library; those beyond are not probed.</summary>
    private const int MaxFiles = Limits.MaxTlsLibraries;

    private static readonly TlsSession Unknown = new(null, "");

    /// <summary>Files remembered that are no TLS library; above it all are forgotten, and read again when they are met.</summary>
    private const int MaxOthers = 65_536;

    /// <summary>
    /// Mappings remembered for a while that lead to no TLS library, so that a file which many processes run is not opened for each. For no
    /// longer, since the number of a file that is gone may be another's.
    /// </summary>
    private const int MaxMappings = 16_384;

    private const long MappingsNanoseconds = 60_000_000_000;

    private readonly HashSet<MappedFile> _mappings = [];
    private long _mappingsSince;

    private readonly Dictionary<(ulong Inode, long Length, DateTime Written), FilePlan> _plans = [];
    private readonly HashSet<(ulong Inode, long Length, DateTime Written)> _others = [];
    private readonly ProbePlan?[] _byNumber = new ProbePlan?[MaxFiles];

    public TlsSession SessionOf(ushort library, uint version) =>
        library < MaxFiles && Volatile.Read(ref _byNumber[library]) is { } plan ? plan.SessionOf(version) : Unknown;

    /// <summary>It was opened a moment ago, and contains no TLS library.</summary>
    public bool IsOther(MappedFile mapped)
    {
        long now = MonotonicClock.Nanoseconds;
        if (now - _mappingsSince > MappingsNanoseconds || _mappings.Count == MaxMappings)
        {
            _mappings.Clear();
            _mappingsSince = now;
        }

        return _mappings.Contains(mapped);
    }

    /// <summary>
    /// What to probe in an opened file. Null if it has no functions that are known, or is not the file that was mapped.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public FilePlan? PlanOf(SafeFileHandle file, MappedFile mapped)
    {
        if (FileIdentity.InodeOf(file) != mapped.Inode) return null;
        var key = (mapped.Inode, RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
        if (_plans.TryGetValue(key, out var known)) return known;
        if (_plans.Count == MaxFiles) return null;
        if (_others.Contains(key) || Read(file, mapped.Name) is not { } plan)
        {
            if (_others.Count == MaxOthers) _others.Clear();
            _others.Add(key);
            if (_mappings.Count < MaxMappings) _mappings.Add(mapped);
            return null;
        }

        if (plan.Sessions is { } sessions)
        {
            maps.Describe(sessions.Number, sessions.Layout);
            Volatile.Write(ref _byNumber[sessions.Number], sessions);
        }

        return _plans[key] = plan;
    }

    private FilePlan? Read(SafeFileHandle file, string name)
    {
        if (ElfFile.Read(file, ProbePlan.Functions) is not { } elf) return null;
        var sessions = ProbePlan.Of(elf, name);
        var transports = ProbePlan.TransportsOf(elf);
        if (sessions is null && transports.Count == 0) return null;
        return new FilePlan(sessions is null ? null : sessions with { Number = (ushort)_plans.Count }, transports);
    }
}

/// <summary>What to probe in a file.</summary>
/// <param name="Sessions">Null if the file does not contain the functions of sessions.</param>
/// <param name="Transports">Where bytes are handed to a transport, if that is of interest.</param>
internal sealed record FilePlan(ProbePlan? Sessions, IReadOnlyList<Probe> Transports);
