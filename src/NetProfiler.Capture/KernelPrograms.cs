namespace NetProfiler.Capture;

/// <summary>The programs of the kernel side that a session attaches. The first ones follow processes, so that none is missed.</summary>
internal static class KernelPrograms
{
    private static readonly string[] Life = ["process_fork", "process_exec", "process_exit", "cgroup_attach", "set_state", "segment"];

    private static readonly string[] LifeTwice = [.. Life.SelectMany(name => new[] { name, Again(name) })];

    // Where the kernel gives a reason for drops.
    private static readonly string[] Drops = DropReasons.Program is { } program ? [program] : [];

    /// <summary>System calls by raw tracepoints: what costs least.</summary>
    public static readonly string[] Raw = [.. Life, .. Drops, "enter_call", "exit_call"];

    /// <summary>The same with a second program behind each, for what that is kept from.</summary>
    public static readonly string[] RawTwice = [.. LifeTwice, .. Drops, "enter_call", "exit_call", Again("exit_call")];

    /// <summary>System calls by trace events, whose programs nothing preempts.</summary>
    public static readonly string[] TraceEvents = [.. LifeTwice, .. Drops, "enter_call_event", "exit_call_event"];

    /// <summary>What it is kept from costs a call or a connection. A segment missed makes the time unknown at which bytes came; a drop is not counted.</summary>
    public static bool MayLose(string program) => program is not ("segment" or "segment_again") && !Drops.Contains(program);

    /// <summary>The one that stands behind it.</summary>
    public static string Again(string program) => program + "_again";

    /// <summary>Programs of raw tracepoints can be preempted: seen on 7.2, not on 6.18. See bpf/compat.bpf.h.</summary>
    public static readonly bool CanBePreempted = Environment.OSVersion.Version.Major >= 7 && KernelTypes.AreTyped;

    /// <summary>What this kernel needs of them, in the order in which they are attached.</summary>
    public static string[] Choose() => !CanBePreempted ? Raw : CanUseTraceEvents() ? TraceEvents : RawTwice;

    // By its number, which tracefs tells, is a trace event named. libbpf looks in the first of these folders that is there.
    private static bool CanUseTraceEvents()
    {
        string folder = Directory.Exists("/sys/kernel/debug/tracing") ? "/sys/kernel/debug/tracing" : "/sys/kernel/tracing";
        try
        {
            return File.ReadAllText($"{folder}/events/raw_syscalls/sys_exit/id").Length > 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
