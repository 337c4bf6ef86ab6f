namespace NetProfiler.Capture;

/// <summary>The programs of the kernel side that a session attaches. The first ones follow processes, so that none is missed.</summary>
internal static class KernelPrograms
{
    public static readonly string[] All =
        ["process_fork", "process_exec", "process_exit", "cgroup_attach", "set_state", "enter_call", "exit_call"];

    /// <summary>Stands behind exit_call where that can be left out: see bpf/compat.bpf.h.</summary>
    public const string Again = "exit_call_again";

    /// <summary>Programs of system call tracepoints can be preempted: seen on 7.2, not on 6.18.</summary>
    public static readonly bool CanBePreempted = Environment.OSVersion.Version.Major >= 7 && KernelTypes.AreTyped;

    /// <summary>What this kernel needs of them, in the order in which they are attached.</summary>
    public static readonly string[] Attached = CanBePreempted ? [.. All, Again] : All;
}
