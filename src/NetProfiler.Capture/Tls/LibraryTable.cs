using Microsoft.Win32.SafeHandles;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// The TLS libraries that were found, each file read once. <see cref="SessionOf"/> on any thread; the rest on the thread of
/// <see cref="TlsProbes"/>.
/// </summary>
internal sealed class LibraryTable(TlsMaps maps)
{
    /// <summary>Files remembered; those beyond are not probed.</summary>
    private const int MaxFiles = Limits.MaxTlsLibraries;

    private static readonly TlsSession Unknown = new(null, "");

    private readonly Dictionary<(ulong Inode, long Length, DateTime Written), ProbePlan?> _plans = [];
    private readonly ProbePlan?[] _byNumber = new ProbePlan?[MaxFiles];
    private int _count;

    public TlsSession SessionOf(ushort library, uint version) =>
        library < MaxFiles && Volatile.Read(ref _byNumber[library]) is { } plan ? plan.SessionOf(version) : Unknown;

    /// <summary>
    /// What to probe in an opened file. Null if it exports no functions that are known, or is not the file that was mapped.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ProbePlan? PlanOf(SafeFileHandle file, MappedLibrary library)
    {
        if (FileIdentity.InodeOf(file) != library.Inode) return null;
        var key = (library.Inode, RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
        if (_plans.TryGetValue(key, out var known)) return known;
        if (_count == MaxFiles) return null;
        var plan = ElfFile.Read(file, "SSL_") is { } elf ? ProbePlan.Of(elf, library.Name) : null;
        if (plan is not null)
        {
            plan = plan with { Number = (ushort)_count };
            maps.Describe(plan.Number, plan.Layout);
            Volatile.Write(ref _byNumber[_count], plan);
        }

        _count++;
        return _plans[key] = plan;
    }
}
