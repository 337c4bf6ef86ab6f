using System.Runtime.InteropServices;

namespace NetProfiler.Capture.Tls;

/// <summary>Whether the running kernel can probe TLS libraries without harm.</summary>
public static class TlsSupport
{
    // Links of many uprobes are in Linux 6.6; their filter compares whole processes, not threads, since 6.10 (commit 46ba0e49b642).
    private static readonly Version Floor = new(6, 10);

    // The return of a probed call is a system call from 6.11 on, which a seccomp filter may answer by ending the process, until
    // commit cf6cb56ef244: 6.14, 6.13.3, 6.12.14.
    private static readonly Version ReturnsByCall = new(6, 11);
    private static readonly Version[] ReturnsPassFilters = [new(6, 12, 14), new(6, 13, 3), new(6, 14, 0)];

    /// <summary>Why TLS cannot be read on this machine. Null if it can.</summary>
    public static string? Refusal { get; } = RefusalOf(Environment.OSVersion.Version, RuntimeInformation.OSArchitecture,
        KernelTypes.HasUprobeLinks && KernelTypes.AreTyped);

    internal static string? RefusalOf(Version kernel, Architecture architecture, bool hasLinks)
    {
        if (architecture != Architecture.X64)
            return $"calls of TLS libraries are followed on x86-64 only, and this machine is {architecture}";
        if (kernel < Floor || !hasLinks)
            return $"Linux {Floor} or later is needed to probe TLS libraries process by process, and this is {kernel.ToString(3)}";
        return kernel >= ReturnsByCall && !PassesFilters(kernel)
            ? $"a probe on Linux {kernel.ToString(3)} can end a process that has a seccomp filter: fixed in 6.12.14, 6.13.3 and 6.14"
            : null;
    }

    private static bool PassesFilters(Version kernel)
    {
        var fix = ReturnsPassFilters.FirstOrDefault(version => version.Major == kernel.Major && version.Minor == kernel.Minor)
            ?? ReturnsPassFilters[^1];
        return kernel >= fix;
    }
}
