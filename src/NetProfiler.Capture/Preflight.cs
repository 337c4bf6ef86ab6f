using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture;

/// <summary>Checks that are possible before the kernel loads anything.</summary>
public static class Preflight
{
    private const int CapabilitySysAdmin = 21;
    private const int CapabilitySysResource = 24;
    private const int CapabilityPerfmon = 38;
    private const int CapabilityBpf = 39;
    private const uint ArrayMap = 2;
    private const uint RingBufferMap = 27;
    private const uint RawTracepointProgram = 17;
    private const string InitialUserNamespace = "user:[4026531837]"; // PROC_USER_INIT_INO
    private const string InitialProcessNamespace = "pid:[4026531836]"; // PROC_PID_INIT_INO
    private const string Btf = "/sys/kernel/btf/vmlinux";

    private static readonly Version KernelFloor = new(5, 8);
    private static readonly Version MemoryCountsInGroups = new(5, 11);

    public static IReadOnlyList<Condition> Inspect()
    {
        // The other checks read files of processes.
        if (ProcessFiles() is { IsMet: false } missing) return [Architecture(), missing];
        Condition[] conditions = [Architecture(), Kernel(), TypeInformation(), Capabilities(), ProcessNumbers(), LockedMemory(), Lockdown(),
            Loader()];
        // Without the ones above the call fails for their reason.
        return conditions.Any(condition => condition is { IsMet: false, IsRequired: true }) ? conditions : [.. conditions, BpfCall()];
    }

    /// <exception cref="CaptureUnavailableException">The first required condition that is not met.</exception>
    public static void ThrowIfImpossible()
    {
        if (Inspect().FirstOrDefault(condition => condition is { IsMet: false, IsRequired: true }) is { } failed)
            throw new CaptureUnavailableException($"{failed.Name}: {failed.Detail}", failed.Remedy);
    }

    /// <summary>
    /// Checks the optional features of this kernel by using them. Call it only if <see cref="Inspect"/> has not found a required condition
    /// that is not met.
    /// </summary>
    public static IReadOnlyList<Condition> Abilities() =>
        [RingBuffer(), RawTracepoints(), TypedPointers(), SocketTracepoints(), Tls(), .. Preemption(), Cgroups(), Processes()];

    private static Condition RingBuffer() => new(
        "ring buffer", Libbpf.libbpf_probe_bpf_map_type(RingBufferMap, 0) == 1, "BPF_MAP_TYPE_RINGBUF",
        $"Linux {KernelFloor} or later is needed");

    private static Condition RawTracepoints() => new(
        "raw tracepoints", Libbpf.libbpf_probe_bpf_prog_type(RawTracepointProgram, 0) == 1, "BPF_PROG_TYPE_RAW_TRACEPOINT",
        "use a kernel built with CONFIG_BPF_EVENTS=y");

    private static Condition TypedPointers() => KernelTypes.AreTyped
        ? new("typed pointers", true, "bpf_rdonly_cast: fields are plain loads")
        : new("typed pointers", false, "no bpf_rdonly_cast: fields are read by a helper's call",
            "Linux 6.2 or later profiles at a lower cost", IsRequired: false);

    private static Condition SocketTracepoints()
    {
        const string remedy = "Linux 6.3 or later sees calls on sockets alone, at a lower cost for other processes; 6.16 or later also "
            + "reads io_uring and 32-bit programs";
        if (CaptureDoors.IsOffered(CaptureDoor.Iterator))
            return new("socket tracepoints", true, "sock_send_length, sock_recv_length, tcp_sendmsg_locked and bytes of packets");
        return CaptureDoors.IsOffered(CaptureDoor.Registers)
            ? new("socket tracepoints", false, "sock_send_length and sock_recv_length; io_uring and 32-bit programs are counted, not read",
                remedy, IsRequired: false)
            : new("socket tracepoints", false, "none: every system call of the machine is traced; io_uring is not captured", remedy,
                IsRequired: false);
    }

    private static Condition Tls() => TlsSupport.Refusal is { } refusal
        ? new("TLS", false, $"cannot be read: {refusal}", "clear text is profiled; docs/tls.md says which kernels read TLS",
            IsRequired: false)
        : new("TLS", true, "can be read (--tls): functions of OpenSSL are probed in targets");

    // Empty if this kernel does not preempt programs.
    private static IEnumerable<Condition> Preemption()
    {
        const string remedy = "make tracefs readable: mount -t tracefs none /sys/kernel/tracing, or in a container mount the host's, and "
            + "add the capability DAC_READ_SEARCH";
        if (!KernelPrograms.CanBePreempted) yield break;
        bool isMet = KernelPrograms.HooksOfCalls == CallHooks.TraceEvents;
        yield return new(
            "trace events", isMet, isMet ? "tracefs is readable: no call is left out"
                : "no tracefs: calls are left out when one is preempted, and counted", remedy, IsRequired: false);
    }

    private static Condition Cgroups()
    {
        const string remedy =
            "mount it for --cgroup: mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1";
        string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' '))
            .FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        return new("cgroup v2", mount is not null, mount ?? "not mounted", remedy, IsRequired: false);
    }

    // With hidepid, the directories of other users' processes are missing or unreadable.
    private static Condition Processes()
    {
        const string remedy = "to find running processes of other users by name: the capability SYS_PTRACE, or /proc without hidepid";
        bool isOpen = File.Exists("/proc/1/stat");
        return new("processes", isOpen, isOpen ? "all are seen" : "only this user's are seen (hidepid)", remedy, IsRequired: false);
    }

    private static Condition Architecture()
    {
        var machine = RuntimeInformation.OSArchitecture;
        bool isMet = OperatingSystem.IsLinux()
            && machine is System.Runtime.InteropServices.Architecture.X64 or System.Runtime.InteropServices.Architecture.Arm64;
        return new("machine", isMet, $"{RuntimeInformation.OSDescription}, {machine}", "Linux on x86-64 or arm64 is needed");
    }

    private static Condition Kernel() =>
        new("kernel", KernelVersion() >= KernelFloor, Release(), $"Linux {KernelFloor} or later is needed (BPF ring buffer)");

    private static Condition TypeInformation() => File.Exists(Btf)
        ? new("BTF", true, $"{Btf}, {new FileInfo(Btf).Length / 1024} KiB")
        : new("BTF", false, $"{Btf} is missing",
            "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, mount the host's /sys/kernel/btf");

    private static Condition ProcessFiles()
    {
        bool isThere = File.Exists("/proc/self/status");
        return new("/proc", isThere, isThere ? "mounted" : "not mounted", "mount it: mount -t proc proc /proc");
    }

    // The kernel side knows processes by the machine's numbers. Those of another namespace would name other processes.
    private static Condition ProcessNumbers()
    {
        bool isInitial = LinkOf("/proc/self/ns/pid") is null or InitialProcessNamespace;
        return new("process ids", isInitial,
            isInitial ? "the machine's" : "those of a PID namespace, which name other processes of the machine",
            "run in the PID namespace of the machine: docker run --pid=host, in Kubernetes hostPID: true");
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Of a user namespace one may be root and have every capability: bpf(2) asks for those of the initial one.
    private static bool IsInUserNamespace() => LinkOf("/proc/self/ns/user") is { } name && name != InitialUserNamespace;

    private static Condition Capabilities()
    {
        if (IsInUserNamespace())
        {
            return new("capabilities", false, "those of a user namespace, which bpf() does not accept",
                "run outside the user namespace (unshare, a rootless container, hostUsers: false), as root of the machine or with its "
                    + "capabilities BPF and PERFMON");
        }

        if (Has(CapabilitySysAdmin)) return new("capabilities", true, "SYS_ADMIN");
        string[] missing = [.. new[] { (CapabilityBpf, "BPF"), (CapabilityPerfmon, "PERFMON") }.Where(wanted => !Has(wanted.Item1))
            .Select(wanted => wanted.Item2)];
        return missing.Length == 0
            ? new("capabilities", true, "BPF, PERFMON")
            : new("capabilities", false, $"missing {string.Join(" and ", missing)}",
                "run as root (sudo), or give the process the capabilities BPF and PERFMON");
    }

    private static bool Has(int capability)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber) >> capability & 1) != 0;
    }

    // Before 5.11 (kernel commit 97306be45fbe), maps count as locked memory instead of memory of the control group. libbpf raises the limit
    // if permitted.
    private static Condition LockedMemory()
    {
        const string name = "locked memory";
        if (KernelVersion() >= MemoryCountsInGroups) return new(name, true, "is not limited");
        if (Has(CapabilitySysResource)) return new(name, true, "SYS_RESOURCE raises the limit");
        string hard = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max locked memory", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
        return new(name, hard == "unlimited", hard == "unlimited" ? "is not limited" : $"at most {hard} bytes",
            "before Linux 5.11 maps need more than the limit allows: raise it (ulimit -l unlimited; LimitMEMLOCK=infinity), or give the "
                + "capability SYS_RESOURCE");
    }

    private static Version? KernelVersion() => Version.TryParse(Numeric(Release()), out var version) ? version : null;

    private static string Release() =>
        File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : "unknown";

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

        return new("lockdown", mode != "confidentiality", mode,
            "the mode `confidentiality` forbids BPF to read kernel memory: boot with lockdown=integrity or none");
    }

    private static Condition Loader()
    {
        bool isThere = NativeLibrary.TryLoad("libbpf.so.1", out nint handle);
        if (isThere) NativeLibrary.Free(handle);
        return new("libbpf", isThere, isThere ? "libbpf.so.1" : "libbpf.so.1 is missing",
            "install it: apt-get install libbpf1 (Debian 12), dnf install libbpf (Fedora)");
    }

    // Capabilities are not sufficient: seccomp profiles from before CAP_BPF (Linux 5.8) permit bpf(2) with SYS_ADMIN only.
    private static Condition BpfCall()
    {
        int result = Libbpf.bpf_map_create(ArrayMap, null, sizeof(uint), sizeof(uint), 1, 0);
        if (result >= 0) new SafeFileHandle(result, ownsHandle: true).Dispose();
        return new("bpf()", result >= 0, result >= 0 ? "allowed" : $"refused: {Marshal.GetPInvokeErrorMessage(-result)}",
            "a seccomp profile or security module refuses bpf(2) although the capabilities are there: in a container, allow it "
            + "(--security-opt seccomp=unconfined; in Kubernetes seccompProfile: {type: Unconfined})");
    }

    private static string Numeric(string release)
    {
        string[] parts = new string([.. release.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]).Trim('.').Split('.');
        return parts.Length < 2 ? parts[0] + ".0" : $"{parts[0]}.{parts[1]}";
    }
}
