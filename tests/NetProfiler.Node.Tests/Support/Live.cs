using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace NetProfiler.Node.Tests.Support;

/// <summary>Tests that attach probes run one after the other: each one's truth is its own.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[SuppressMessage("Naming", "CA1711", Justification = "xunit's own word")]
public sealed class LiveCollection
{
    public const string Name = "live";
}

/// <summary>What the tests need of this machine. What is missing skips a test, with one line that says which.</summary>
internal static partial class Live
{
    private static readonly string[] Folders =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];

    /// <summary>The kernel has tcp_sendmsg_locked: before, every call's beginning is looked at.</summary>
    public static bool TcpTellsOfSends { get; } = Environment.OSVersion.Version >= new Version(6, 16);

    public static void Require(params string[] programs)
    {
        Skip.If(geteuid() != 0, "needs root: it attaches probes");
        Skip.IfNot(File.Exists("/sys/kernel/btf/vmlinux"), "needs a kernel with BTF");
        foreach (string program in programs) Skip.If(Find(program) is null, $"needs {program}");
    }

    public static string PathOf(string program) => Find(program) ?? throw new FileNotFoundException($"{program} is not installed");

    private static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
