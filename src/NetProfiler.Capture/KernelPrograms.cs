namespace NetProfiler.Capture;

/// <summary>The programs of the kernel side that a session attaches. The first ones follow processes, so that none is missed.</summary>
internal static class KernelPrograms
{
    public static readonly string[] All =
        ["process_fork", "process_exec", "process_exit", "cgroup_attach", "set_state", "enter_call", "exit_call"];
}
