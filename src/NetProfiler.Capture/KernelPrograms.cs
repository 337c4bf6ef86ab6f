namespace NetProfiler.Capture;

/// <summary>How system calls are captured.</summary>
internal enum CallHooks
{
    /// <summary>By raw tracepoints, which cost the least.</summary>
    Raw,

    /// <summary>By raw tracepoints, each with a second program as backup for runs that the kernel skips.</summary>
    RawTwice,

    /// <summary>By trace events, whose programs are never preempted.</summary>
    TraceEvents,
}

/// <summary>The programs of the kernel side that a session attaches.</summary>
/// <param name="Names">In the order in which they are attached. The first ones follow processes, so that no process is missed.</param>
/// <param name="OnDemand">Attached when calls are to be timed from their start; some may be in <paramref name="Names"/> already.</param>
internal sealed record KernelPrograms(CaptureDoor Door, CallHooks Hooks, IReadOnlyList<string> Names, IReadOnlyList<string> OnDemand)
{
    /// <summary>For the entry and return of functions of TLS libraries; loaded if TLS is read, and attached process by process.</summary>
    public const string TlsEnter = "tls_enter", TlsLeave = "tls_leave";

    /// <summary>Run periodically for each unix connection; not attached anywhere.</summary>
    public const string Sweep = "sweep_unix";

    private const string Send = "send", Segment = "segment", State = "set_state";

    private static readonly string[] Life = ["process_fork", "process_exec", "process_rename", "process_exit", "cgroup_attach", Segment];

    // On every kernel an interrupt may change the state of one socket while the program runs for another.
    private static readonly string[] StateChanges = [State, Again(State)];
    private static readonly string[] SocketEnds = ["socket_sent", "socket_received"];
    private static readonly string[] SocketPasses = ["socket_read", "socket_copies", "socket_sends"];

    // If the kernel reports a reason for drops.
    private static readonly string[] Drops = DropReasons.Program is { } program ? [program] : [];

    // If one of these is skipped, a time is unknown or a drop is not counted; no call and no connection is lost.
    private static readonly string[] Spared = [Send, Again(Send), Segment, Again(Segment), .. Drops];

    /// <summary>Whether programs of raw tracepoints can be preempted: observed on 7.2, not on 6.18. See bpf/compat.bpf.h.</summary>
    public static readonly bool CanBePreempted = Environment.OSVersion.Version.Major >= 7 && KernelTypes.AreTyped;

    /// <summary>How system calls are captured on this kernel.</summary>
    public static CallHooks HooksOfCalls =>
        !CanBePreempted ? CallHooks.Raw : CanUseTraceEvents() ? CallHooks.TraceEvents : CallHooks.RawTwice;

    /// <summary>The programs that a door requires on this kernel.</summary>
    public static KernelPrograms Of(CaptureDoor door, CaptureOptions options) =>
        door == CaptureDoor.SystemCalls ? OfCalls(HooksOfCalls, options) : OfSockets(door);

    public static KernelPrograms OfCalls(CallHooks hooks, CaptureOptions options)
    {
        // A program at the entry of every system call costs other processes nearly three times as much as one at the start of TCP sends.
        bool seesEnter = options.TimesReads || !KernelTypes.TellOfSends;
        string[] life = seesEnter ? Life : [.. Life, Send];
        if (hooks != CallHooks.Raw) life = [.. life.SelectMany(name => new[] { name, Again(name) })];
        string suffix = hooks == CallHooks.TraceEvents ? "_event" : "";
        string enter = $"enter_call{suffix}";
        string[] again = hooks == CallHooks.RawTwice ? [Again("exit_call")] : [];
        string[] enters = seesEnter ? [enter] : [];
        string[] names = [.. life, .. StateChanges, .. Drops, .. enters, $"exit_call{suffix}", .. again];
        return new KernelPrograms(CaptureDoor.SystemCalls, hooks, names, [enter]);
    }

    private static KernelPrograms OfSockets(CaptureDoor door) =>
        new(door, CallHooks.Raw,
            [.. Life, .. StateChanges, .. Drops, .. door == CaptureDoor.Iterator ? SocketPasses : [SocketPasses[0]], .. SocketEnds],
            ["enter_call", "exit_unix_call"]);

    /// <summary>All programs to load, whether attached at the start or not.</summary>
    public IEnumerable<string> Loaded => Names.Concat(OnDemand).Append(Sweep).Distinct();

    /// <summary>
    /// Those that lose a call or a connection when the kernel leaves them out, with nothing behind them that does it instead.
    /// </summary>
    /// <remarks>Where programs cannot be preempted, one of two always runs: an interrupt does not interrupt itself.</remarks>
    public IEnumerable<string> Losing => Names.Where(name =>
        !Names.Contains(Again(name)) && !Spared.Contains(name) && !(Hooks == CallHooks.Raw && name == Again(State)));

    /// <summary>The backup of a program.</summary>
    private static string Again(string program) => program + "_again";

    // A trace event is identified by its number, which is read from tracefs. libbpf looks in the first of these folders that exists.
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
