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

    private readonly Dictionary<(ulong Inode, long Length, DateTime Written), ProbePlan> _plans = [];
    private readonly HashSet<(ulong Inode, long Length, DateTime Written)> _others = [];
    private readonly ProbePlan?[] _byNumber = new ProbePlan?[MaxFiles];

    public TlsSession SessionOf(ushort library, uint version) =>
        library < MaxFiles && Volatile.Read(ref _byNumber[library]) is { } plan ? plan.SessionOf(version) : Unknown;

    /// <summary>
    /// What to probe in an opened file. Null if it has no functions that are known, or is not the file that was mapped.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ProbePlan? PlanOf(SafeFileHandle file, MappedFile mapped)
    {
        if (FileIdentity.InodeOf(file) != mapped.Inode) return null;
        var key = (mapped.Inode, RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
        if (_plans.TryGetValue(key, out var known)) return known;
        if (_plans.Count == MaxFiles || _others.Contains(key)) return null;
        if (ElfFile.Read(file, ProbePlan.Functions) is not { } elf || ProbePlan.Of(elf, mapped.Name) is not { } plan)
        {
            if (_others.Count == MaxOthers) _others.Clear();
            _others.Add(key);
            return null;
        }

        plan = plan with { Number = (ushort)_plans.Count };
        maps.Describe(plan.Number, plan.Layout);
        Volatile.Write(ref _byNumber[plan.Number], plan);
        return _plans[key] = plan;
    }
}
