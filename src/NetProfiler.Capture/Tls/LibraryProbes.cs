using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>Attaches what a plan says to one library, in one process or in every process.</summary>
/// <param name="enter">Descriptor of the program that runs at a function's entry.</param>
/// <param name="leave">Descriptor of the program that runs at its return.</param>
internal sealed class LibraryProbes(int enter, int leave)
{
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
        string path = $"/proc/self/fd/{file.DangerousGetHandle()}"; // the very file, whatever happens to its name
        var links = new List<SafeFileHandle>();
        try
        {
            links.Add(Link(leave, plan, plan.Calls, path, isReturn: true, process));
            links.Add(Link(enter, plan, [.. plan.Calls, .. plan.Ends, .. plan.Roles], path, isReturn: false, process));
            links.Add(Link(leave, plan, plan.Beginnings, path, isReturn: true, process));
            return links;
        }
        catch
        {
            links.ForEach(link => link.Dispose());
            throw;
        }
    }

    private static SafeFileHandle Link(int program, ProbePlan plan, IReadOnlyList<Probe> probes, string path, bool isReturn, int process) =>
        UprobeLink.Create(program, path, [.. probes.Select(probe => probe.Offset)], [.. probes.Select(plan.CookieOf)], isReturn, process);
}
