using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>Attaches what a plan says to one library, in one process or in every process.</summary>
/// <param name="programs">Descriptors of the programs, in the order of <see cref="KernelPrograms.Tls"/>.</param>
internal sealed class LibraryProbes(int[] programs)
{
    private const int Enter = 0, Leave = 1, Transport = 2;

    public const int EveryProcess = 0;

    /// <summary>Links of one file in one process.</summary>
    public const int LinksOfFile = 3;

    /// <summary>
    /// In the order of the list: the return of calls first, so that each entry that is seen has one; the making of sessions last, so that
    /// of a new one every call is seen. To be closed in the opposite order.
    /// </summary>
    /// <exception cref="ProbeFailedException">The kernel refuses; nothing is left attached.</exception>
    public IReadOnlyList<SafeFileHandle> Attach(ProbePlan plan, SafeFileHandle file, int process)
    {
        string path = PathOf(file);
        var links = new List<SafeFileHandle>();
        try
        {
            links.Add(Link(programs[Leave], plan, plan.Calls, path, isReturn: true, process));
            links.Add(Link(programs[Enter], plan, [.. plan.Calls, .. plan.Ends, .. plan.Roles], path, isReturn: false, process));
            links.Add(Link(programs[Leave], plan, plan.Beginnings, path, isReturn: true, process));
            return links;
        }
        catch
        {
            links.ForEach(link => link.Dispose());
            throw;
        }
    }

    /// <summary>Probes where a file hands bytes to a transport.</summary>
    /// <exception cref="ProbeFailedException">The kernel refuses.</exception>
    public SafeFileHandle AttachTransports(IReadOnlyList<Probe> transports, SafeFileHandle file, int process) =>
        UprobeLink.Create(programs[Transport], PathOf(file), [.. transports.Select(probe => probe.Offset)],
            [.. transports.Select(probe => ProbeCookie.Of(probe, library: 0, versionAt: null))], isReturn: false, process);

    // The very file, whatever happens to its name.
    private static string PathOf(SafeFileHandle file) => $"/proc/self/fd/{file.DangerousGetHandle()}";

    private static SafeFileHandle Link(int program, ProbePlan plan, IReadOnlyList<Probe> probes, string path, bool isReturn, int process) =>
        UprobeLink.Create(program, path, [.. probes.Select(probe => probe.Offset)], [.. probes.Select(plan.CookieOf)], isReturn, process);
}
