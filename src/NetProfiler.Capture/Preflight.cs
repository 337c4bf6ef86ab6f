using System.Globalization;
using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>Whether one condition of profiling is met.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="IsMet">False: profiling is impossible.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Mend">What to do where it is not met.</param>
public sealed record Condition(string Name, bool IsMet, string Detail, string Mend = "");

/// <summary>What can be known before the kernel is asked to load anything.</summary>
public static class Preflight
{
    private const int CapabilitySysAdmin = 21;
    private const int CapabilityPerfmon = 38;
    private const int CapabilityBpf = 39;
    private const string Btf = "/sys/kernel/btf/vmlinux";

    private static readonly Version KernelFloor = new(5, 8);

    public static IReadOnlyList<Condition> Inspect() => [Architecture(), Kernel(), TypeInformation(), Capabilities(), Lockdown(), Loader()];

    /// <exception cref="CaptureUnavailableException">The first condition that is not met.</exception>
    public static void ThrowIfImpossible()
    {
        if (Inspect().FirstOrDefault(condition => !condition.IsMet) is { } failed)
            throw new CaptureUnavailableException($"{failed.Name}: {failed.Detail}", failed.Mend);
    }

    private static Condition Architecture()
    {
        var machine = RuntimeInformation.OSArchitecture;
        bool isMet = OperatingSystem.IsLinux() && machine is System.Runtime.InteropServices.Architecture.X64 or System.Runtime.InteropServices.Architecture.Arm64;
        return new("machine", isMet, $"{RuntimeInformation.OSDescription}, {machine}", "Linux on x86-64 or arm64 is needed");
    }

    private static Condition Kernel()
    {
        string release = File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : "unknown";
        return new("kernel", Version.TryParse(Numeric(release), out var version) && version >= KernelFloor, release, $"Linux {KernelFloor} or later is needed (BPF ring buffer)");
    }

    private static Condition TypeInformation() => File.Exists(Btf)
        ? new("BTF", true, $"{Btf}, {new FileInfo(Btf).Length / 1024} KiB")
        : new("BTF", false, $"{Btf} is missing", "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, mount the host's /sys/kernel/btf");

    private static Condition Capabilities()
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong effective = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber);
        bool Has(int capability) => (effective >> capability & 1) != 0;

        if (Has(CapabilitySysAdmin)) return new("capabilities", true, "SYS_ADMIN");
        string[] missing = [.. new[] { (CapabilityBpf, "BPF"), (CapabilityPerfmon, "PERFMON") }.Where(wanted => !Has(wanted.Item1)).Select(wanted => wanted.Item2)];
        return missing.Length == 0
            ? new("capabilities", true, "BPF, PERFMON")
            : new("capabilities", false, $"missing {string.Join(" and ", missing)}", "run as root (sudo), or give the process the capabilities BPF and PERFMON");
    }

    private static Condition Lockdown()
    {
        const string path = "/sys/kernel/security/lockdown";
        string mode = "none";
        try
        {
            if (File.Exists(path))
            {
                string modes = File.ReadAllText(path);
                int open = modes.IndexOf('['), close = modes.IndexOf(']');
                if (open >= 0 && close > open) mode = modes[(open + 1)..close];
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mode = "not readable";
        }

        return new("lockdown", mode != "confidentiality", mode, "the mode `confidentiality` forbids BPF to read kernel memory: boot with lockdown=integrity or none");
    }

    private static Condition Loader()
    {
        bool isThere = NativeLibrary.TryLoad("libbpf.so.1", out nint handle);
        if (isThere) NativeLibrary.Free(handle);
        return new("libbpf", isThere, isThere ? "libbpf.so.1" : "libbpf.so.1 is missing", "install it: apt-get install libbpf1 (Debian 12), dnf install libbpf (Fedora)");
    }

    private static string Numeric(string release)
    {
        string[] parts = new string([.. release.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]).Trim('.').Split('.');
        return parts.Length < 2 ? parts[0] + ".0" : $"{parts[0]}.{parts[1]}";
    }
}
