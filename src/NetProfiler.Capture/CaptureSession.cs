using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;
using NetProfiler.Capture.Replay;
using NetProfiler.Capture.Sockets;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture;

/// <summary>A loaded and attached kernel side, from start to detach.</summary>
/// <remarks>Maps, programs and links are held only by file descriptors, so they end with the session, or with the process.</remarks>
public sealed unsafe class CaptureSession : IKernelConnections, ICaptureCounters, IDisposable
{
    private const int PermissionDenied = 1;
    private const int NoMemory = 12;
    private const int AccessDenied = 13;
    private const uint VerifierStatistics = 4; // BPF_LOG_STATS
    private const int ProgramInfoBytes = 216; // struct bpf_prog_info up to and with recursion_misses
    private const int RecursionMissesOffset = 208;

    private readonly List<nint> _links = [];
    private readonly KernelPrograms _programs;
    private readonly int _cpus = Libbpf.libbpf_num_possible_cpus();
    private readonly ulong[] _perCpu;
    private readonly QuietConnections _quiet;
    private readonly StagedReceives _staged = new();
    private nint _object;
    private RingBufferReader? _ring;
    private VerdictTable? _verdicts;
    private TallyReader? _tallies;
    private int _countersFd;
    private int _cpusFd;
    private int _connectionsFd;
    private TargetTable? _targets;
    private TlsProbes? _tls;
    private TargetMarker? _marker;
    private TlsScope _tlsScope;
    private bool _isTimingCalls;

    private CaptureSession(KernelPrograms programs)
    {
        _programs = programs;
        _perCpu = new ulong[_cpus];
        _quiet = new QuietConnections(ReadLostEvents);
        _isTimingCalls = programs.OnDemand.All(programs.Names.Contains);
    }

    /// <summary>Number of attached programs.</summary>
    public int Programs => _links.Count;

    /// <summary>The door through which calls are captured.</summary>
    public CaptureDoor Door => _programs.Door;

    /// <summary>How calls are captured, for display.</summary>
    public string CallsBy => Door == CaptureDoor.SystemCalls
        ? _programs.Hooks == CallHooks.TraceEvents ? "system calls, by trace events" : "system calls, by raw tracepoints"
        : CaptureDoors.Describe(Door);

    /// <summary>Why a better door of this kernel is not used. Null if the best one is used.</summary>
    public string? DoorRefusal { get; private set; }

    /// <summary>
    /// Why the plaintext of TLS sessions is not read although it was requested. Null if it is read, or was not requested.
    /// </summary>
    public string? TlsRefusal { get; private set; }

    /// <summary>Number of processes whose TLS library could not be probed, and the latest reason.</summary>
    public (long Count, string? Latest) TlsFailures => _tls?.Failures ?? (0, null);

    /// <summary>See <see cref="TargetMarker.IsCut"/>.</summary>
    public bool IsScanCut => _marker!.IsCut;

    /// <summary>What the verifier counted, where <see cref="CaptureOptions.CountVerified"/> asked for it.</summary>
    public IReadOnlyList<VerifiedProgram> Verified { get; private set; } = [];

    /// <summary>Loads and attaches the kernel side, and marks the targets that are already running.</summary>
    /// <exception cref="CaptureUnavailableException">The machine cannot be profiled; nothing is left attached.</exception>
    /// <exception cref="TargetNotFoundException">A target does not exist; nothing is left attached.</exception>
    public static CaptureSession Start(CaptureTargets targets, CaptureOptions options)
    {
        if (!options.ReadsTls) return StartByDoors(targets, options);
        try
        {
            return StartByDoors(targets, options);
        }
        catch (CaptureUnavailableException failure) when (TlsSupport.Refusal is null)
        {
            // Any other reason is reported by the next attempt.
            var session = StartByDoors(targets, options with { ReadsTls = false, ProbesTlsEverywhere = false });
            session.TlsRefusal = failure.Message;
            return session;
        }
    }

    private static CaptureSession StartByDoors(CaptureTargets targets, CaptureOptions options)
    {
        var doors = CaptureDoors.Candidates(options);
        string? refusal = null;
        foreach (var door in doors.SkipLast(1))
        {
            try
            {
                return Start(targets, options, KernelPrograms.Of(door, options));
            }
            catch (CaptureUnavailableException failure)
            {
                refusal ??= failure.Message; // any other problem recurs with the next door
            }
        }

        var session = StartLast(targets, options, doors[^1]);
        session.DoorRefusal = refusal;
        return session;
    }

    private static CaptureSession StartLast(CaptureTargets targets, CaptureOptions options, CaptureDoor door)
    {
        var programs = KernelPrograms.Of(door, options);
        try
        {
            return Start(targets, options, programs);
        }
        catch (CaptureUnavailableException) when (programs.Hooks == CallHooks.TraceEvents)
        {
            // A container may not be permitted to use perf events; any other problem recurs.
            return Start(targets, options, KernelPrograms.OfCalls(CallHooks.RawTwice, options));
        }
    }

    internal static CaptureSession Start(CaptureTargets targets, CaptureOptions options, KernelPrograms programs)
    {
        Preflight.ThrowIfImpossible();
        foreach (string cgroup in targets.Cgroups) CgroupDirectory.ThrowIfMissing(cgroup);
        // The kernel side matches groups of version 2. Of a group of version 1, the processes at the start, and their children, are marked.
        ulong[] cgroups = [.. targets.Cgroups.Select(CgroupDirectory.TryIdOf).OfType<ulong>()];
        ProcessScan.ThrowIfMissing(targets);
        var session = new CaptureSession(programs);
        try
        {
            session.Load(targets, options);
            session.Fill(targets, cgroups);
            session.NoteOlderUnixSockets();
            session.Attach();
            session.NoteOlderUnixSockets(); // those that came meanwhile
            if (!targets.All) session._marker!.MarkRunning(targets); // attached first: those that start meanwhile are found by the programs
            if (options.ProbesTlsEverywhere) session._tls?.ProbeEverywhere();
            session._tls?.Start(FindRunning(targets));
            if (!targets.AreChanging) session._quiet.LookAgain(); // otherwise there are no targets yet
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Scans for idle connections again after targets were added: these connections are read from their next byte on. Any thread, but not
    /// while targets are added.
    /// </summary>
    public void LookForQuietConnections() => _quiet.LookAgain();

    /// <summary>Waits until the ring fills or the timeout expires.</summary>
    public void Wait(int timeoutMilliseconds) => _ring!.Wait(timeoutMilliseconds);

    /// <summary>Submits the available events, at most <paramref name="maxEvents"/>; returns their number.</summary>
    public int Drain(ISocketEventHandler handler, int maxEvents)
    {
        var decoder = new EventDecoder(handler, _quiet, _staged, _tls);
        return _ring!.Drain(ref decoder, maxEvents);
    }

    /// <summary>Submits the tallies of the connections with a call since the last time. Drain earlier events first.</summary>
    public void ReadTallies(ISocketEventHandler handler) => _tallies!.Read(handler);

    /// <summary>Number of bytes of events that wait in the ring.</summary>
    public long PendingBytes => _ring!.FillBytes;

    /// <summary>The value of a counter of the kernel side, summed over all CPUs.</summary>
    public long Read(Counter counter)
    {
        uint key = (uint)counter;
        fixed (ulong* values = _perCpu)
        {
            if (Libbpf.bpf_map_lookup_elem(_countersFd, &key, values) != 0) return 0;
        }

        long sum = counter == Counter.Events ? EventsOfCalls() : 0;
        foreach (ulong value in _perCpu) sum += (long)value;
        return sum;
    }

    // Uses a buffer of its own, because any thread may call it.
    private long ReadLostEvents()
    {
        uint key = (uint)Counter.LostRingFull;
        ulong* values = stackalloc ulong[_cpus];
        long sum = 0;
        if (Libbpf.bpf_map_lookup_elem(_countersFd, &key, values) == 0)
            for (int cpu = 0; cpu < _cpus; cpu++) sum += (long)values[cpu];
        return sum;
    }

    // A separate counter, in the per-CPU state of the hot path.
    private long EventsOfCalls()
    {
        long sum = 0;
        for (uint cpu = 0; cpu < _cpus; cpu++)
        {
            KernelCpu value;
            if (Libbpf.bpf_map_lookup_elem(_cpusFd, &cpu, &value) == 0) sum += (long)value.events;
        }

        return sum;
    }

    /// <summary>
    /// Number of runs that the kernel skipped because the same program was active on the same CPU (bpf_prog_info.recursion_misses, kernel
    /// 5.12). Counts calls of any process, target or not.
    /// </summary>
    public long CountLeftOut()
    {
        long sum = 0;
        byte* info = stackalloc byte[ProgramInfoBytes];
        foreach (string name in _programs.Losing)
        {
            new Span<byte>(info, ProgramInfoBytes).Clear();
            uint length = ProgramInfoBytes;
            int fd = Libbpf.bpf_program__fd(Program(name));
            if (Libbpf.bpf_obj_get_info_by_fd(fd, info, &length) == 0) sum += *(long*)(info + RecursionMissesOffset);
        }

        return sum;
    }

    internal TargetTable Targets => _targets!;

    /// <summary>Processes that are targets at this time.</summary>
    public int CountTargets() => _targets!.Count();

    /// <summary>Number of connections in the kernel's map; iterates over it.</summary>
    public int CountKernelConnections()
    {
        ulong key, next;
        int count = 0;
        for (void* previous = null; Libbpf.bpf_map_get_next_key(_connectionsFd, previous, &next) == 0; previous = &key)
        {
            key = next;
            count++;
        }

        return count;
    }

    public void SkipUntil(ulong connection, Direction direction, uint position) => _verdicts!.SkipUntil(connection, direction, position);

    public void StopSkipping(ulong connection, Direction direction) => _verdicts!.StopSkipping(connection, direction);

    public void Ignore(ulong connection) => _verdicts!.Ignore(connection);

    public bool ReadsTls(int processId) =>
        _tls is not null && (_tlsScope == TlsScope.All || _targets!.IsReadTls(processId) || _tls.HasLooked(processId));

    public TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds) =>
        _tls?.WhyUnread(processId, openedNanoseconds) ?? TlsUnreadReason.Unbound;

    /// <summary>If the kernel refuses, calls have no start time; what they begin starts when they return.</summary>
    public void TimeCalls()
    {
        if (_isTimingCalls || _links.Count == 0) return;
        _isTimingCalls = true;
        foreach (string name in _programs.OnDemand.Except(_programs.Names))
        {
            nint link = Libbpf.bpf_program__attach(Program(name));
            if (link != 0) _links.Add(link);
        }
    }

    public void Forget(ulong connection, ulong socket)
    {
        if (IsOpen(connection, socket)) _ = Libbpf.bpf_map_delete_elem(_connectionsFd, &socket);
    }

    public bool IsOpen(ulong connection, ulong socket)
    {
        KernelConnection value;
        return Libbpf.bpf_map_lookup_elem(_connectionsFd, &socket, &value) == 0 && value.id == connection;
    }

    /// <summary>
    /// Makes targets of the processes in a control group and its descendants, and of those that start there later; or changes whether their
    /// TLS is read. Any thread; requires <see cref="CaptureTargets.AreChanging"/>.
    /// </summary>
    /// <param name="path">A directory in the version 2 or the version 1 hierarchy. With version 1, later processes are found only if a
    /// target forks them, or by another call of this method.</param>
    /// <param name="readsTls">Whether the plaintext of their TLS sessions is read, if <see cref="TlsRefusal"/> is null.</param>
    /// <exception cref="TargetNotFoundException">There is no such directory, or no room for it.</exception>
    public void AddCgroup(string path, bool readsTls = false)
    {
        var tls = readsTls && _tlsScope == TlsScope.Chosen ? TargetFlags.Tls : TargetFlags.None;
        uint value = (uint)(TargetFlags.InCgroup | tls);
        var found = CgroupDirectory.TryIdOf(path);
        if (found is not null)
        {
            _quiet.Forget(); // a group without an id is read again every second
            NoteOlderUnixSockets();
        }

        if (found is { } id && Libbpf.bpf_map_update_elem(MapFd("cgroups"), &id, &value, 0) != 0)
            throw new TargetNotFoundException($"cgroup {path}: more than {CaptureTargets.MaxCgroups} at a time");
        _marker!.Mark(() => CgroupDirectory.Processes(path), (found is null ? TargetFlags.Chosen : TargetFlags.InCgroup) | tls);
    }

    /// <summary>Waits until the TLS libraries of the processes that were added are probed, at most for the given time.</summary>
    public void WaitForTlsProbes(TimeSpan longest)
    {
        if (_tls is { } tls) _ = SpinWait.SpinUntil(() => tls.IsIdle, longest);
    }

    /// <summary>
    /// Reverses <see cref="AddCgroup"/>. Events of the processes as targets are already in the ring; exchanges in progress end unseen.
    /// </summary>
    /// <param name="id">Inode number of the directory when it was added. Null if it is not in the cgroup v2 hierarchy.</param>
    /// <param name="path">May no longer exist; then its processes do not exist either.</param>
    public void RemoveCgroup(ulong? id, string path)
    {
        if (id is { } known) _ = Libbpf.bpf_map_delete_elem(MapFd("cgroups"), &known);
        _marker!.Unmark(CgroupDirectory.Processes(path), id is null ? TargetFlags.Chosen : TargetFlags.InCgroup);
    }

    /// <summary>Stops capture; what is in the ring can still be drained.</summary>
    public void Detach()
    {
        _tls?.Dispose();
        foreach (nint link in _links) _ = Libbpf.bpf_link__destroy(link);
        _links.Clear();
    }

    public void Dispose()
    {
        _quiet.Forget();
        Detach();
        _ring?.Dispose();
        _verdicts?.Dispose();
        _targets?.Dispose();
        if (_object != 0) Libbpf.bpf_object__close(_object);
        _object = 0;
    }

    private void Load(CaptureTargets targets, CaptureOptions options)
    {
        LibbpfLog.Install();
        _ = LibbpfLog.Take();
        byte[] image = ReadObject(KernelTypes.AreTyped ? "capture.typed.bpf.o" : "capture.bpf.o");
        fixed (byte* start = image) _object = Libbpf.bpf_object__open_mem(start, (nuint)image.Length, 0);
        if (_object == 0) throw LoadFailure(Marshal.GetLastPInvokeError());

        _ = Libbpf.bpf_map__set_max_entries(Map("events"), (uint)options.RingBytes);
        _ = Libbpf.bpf_map__set_max_entries(Map("scratches"), (uint)_cpus);
        _ = Libbpf.bpf_map__set_max_entries(Map("cpus"), (uint)_cpus);
        _ = Libbpf.bpf_map__set_max_entries(Map("openings"), (uint)_cpus * Limits.Interrupters);
        if (_programs.Hooks == CallHooks.RawTwice) _ = Libbpf.bpf_map__set_max_entries(Map("returned"), Limits.CallSlots);
        if (Door != CaptureDoor.SystemCalls)
        {
            _ = Libbpf.bpf_map__set_max_entries(Map("socket_calls"), Limits.SocketCallSlots);
            _ = Libbpf.bpf_map__set_max_entries(Map("older_unix"), Limits.MaxOlderUnix);
        }

        foreach (string name in _programs.Loaded) _ = Libbpf.bpf_program__set_autoload(Program(name), true);
        TlsRefusal = options.ReadsTls ? TlsSupport.Refusal : null;
        bool readsTls = options.ReadsTls && TlsRefusal is null;
        if (readsTls) PrepareTls();

        ref var config = ref Unsafe.AsRef<CaptureConfig>(Libbpf.bpf_map__initial_value(Map(".rodata"), out nuint size));
        if (size < (nuint)sizeof(CaptureConfig))
            throw new InvalidOperationException("the kernel side's constants are not where they should be");
        config.self_tgid = (uint)Environment.ProcessId;
        config.all_processes = targets.All ? 1u : 0;
        config.match_ports = targets.Ports.Count > 0 || options.CountVerified ? 1u : 0;
        config.match_comms = targets.Names.Count > 0 || options.CountVerified ? 1u : 0;
        config.match_cgroups = targets.Cgroups.Count > 0 || targets.AreChanging || options.CountVerified ? 1u : 0;
        config.socket_layer = Door != CaptureDoor.SystemCalls ? 1u : 0;
        _tlsScope = !readsTls ? TlsScope.None : targets.AreChanging ? TlsScope.Chosen : TlsScope.All;
        config.read_tls = (uint)_tlsScope;
        config.capture_bytes = (uint)options.CaptureBytes;
        config.follow_cgroups = targets is { Cgroups.Count: > 0, AreChanging: false } || options.CountVerified ? 1u : 0;
        config.wakeup_bytes = (ulong)options.RingBytes / 4;
        config.pressed_bytes = (ulong)options.RingBytes / 8 * 7;

        if (options.CountVerified)
        {
            foreach (string name in _programs.Loaded) _ = Libbpf.bpf_program__set_log_level(Program(name), VerifierStatistics);
        }

        if (Libbpf.bpf_object__load(_object) != 0) throw LoadFailure(Marshal.GetLastPInvokeError());
        if (options.CountVerified) Verified = [.. LibbpfLog.Verified(LibbpfLog.Take())];
        _ring = new RingBufferReader(MapFd("events"), options.RingBytes);
        _verdicts = new VerdictTable(MapFd("verdicts"));
        _countersFd = MapFd("counters");
        _cpusFd = MapFd("cpus");
        _connectionsFd = MapFd("connections");
        _tallies = new TallyReader(_connectionsFd, Libbpf.bpf_program__fd(Program(KernelPrograms.Sweep)));
        _targets = new TargetTable(MapFd("targets"));
        if (readsTls)
            _tls = new TlsProbes(new LibraryProbes([.. KernelPrograms.Tls.Select(name => Libbpf.bpf_program__fd(Program(name)))]),
                new TlsMaps(MapFd("tls_streams"), Map("tls_calls"), MapFd("tls_layouts"), MapFd("ciphers_wanted")))
            {
                IsWanted = process => _tlsScope == TlsScope.All || _targets.IsReadTls(process),
            };
        _marker = new TargetMarker(_targets, _tls);
    }

    private void PrepareTls()
    {
        _ = Libbpf.bpf_map__set_max_entries(Map("tls_calls"), Limits.TlsCallSlots);
        _ = Libbpf.bpf_map__set_max_entries(Map("tls_streams"), Limits.MaxTlsStreams);
        _ = Libbpf.bpf_map__set_max_entries(Map("tls_layouts"), Limits.MaxTlsLibraries);
        _ = Libbpf.bpf_map__set_max_entries(Map("hellos"), Limits.MaxTlsHellos);
        _ = Libbpf.bpf_map__set_max_entries(Map("ciphers"), Limits.MaxTlsCiphers);
        foreach (string name in KernelPrograms.Tls)
        {
            _ = Libbpf.bpf_program__set_expected_attach_type(Program(name), UprobeLink.AttachType);
            _ = Libbpf.bpf_program__set_autoload(Program(name), true);
        }
    }

    private static IEnumerable<int> FindRunning(CaptureTargets targets) =>
        targets.All ? ProcessScan.All() : ProcessScan.FindChosen(targets).Union(ProcessScan.FindInCgroups(targets));

    private void Fill(CaptureTargets targets, ulong[] cgroups)
    {
        uint one = 1, inCgroup = (uint)TargetFlags.InCgroup;
        foreach (ulong id in cgroups) Update("cgroups", &id, &inCgroup);
        foreach (ushort port in targets.Ports) Update("ports", &port, &one);
        byte* name = stackalloc byte[Limits.CommLength];
        foreach (string comm in targets.Names)
        {
            new Span<byte>(name, Limits.CommLength).Clear();
            Encoding.UTF8.GetBytes(comm, new Span<byte>(name, Limits.CommLength - 1));
            Update("comms", name, &one);
        }
    }

    private void Attach()
    {
        foreach (string name in _programs.Names)
        {
            nint link = Libbpf.bpf_program__attach(Program(name));
            if (link == 0)
            {
                int error = Marshal.GetLastPInvokeError();
                throw new CaptureUnavailableException(
                    $"attach {name}: {Marshal.GetPInvokeErrorMessage(error)}",
                    error is PermissionDenied or AccessDenied
                        ? "run as root, or with the capabilities BPF and PERFMON"
                        : "the kernel must offer raw tracepoints (CONFIG_BPF_EVENTS, CONFIG_FTRACE_SYSCALLS)");
            }

            _links.Add(link);
        }
    }

    // The socket layer does not have a hook where a unix connection begins: a socket that is not listed here is seen from its first byte.
    private void NoteOlderUnixSockets()
    {
        if (Door == CaptureDoor.SystemCalls) return;
        int map = MapFd("older_unix");
        byte yes = 1;
        foreach (uint inode in UnixSockets.ReadStreams())
        {
            uint key = inode;
            _ = Libbpf.bpf_map_update_elem(map, &key, &yes, 0);
        }
    }

    private void Update(string map, void* key, void* value)
    {
        if (Libbpf.bpf_map_update_elem(MapFd(map), key, value, 0) == 0) return;
        throw new InvalidOperationException($"add to {map}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    private nint Map(string name)
    {
        // libbpf names a section's map after the object, cut to the kernel's 15 bytes; the lookup uses the section's name.
        nint map = Libbpf.bpf_object__find_map_by_name(_object, name);
        return map != 0 ? map : throw new InvalidOperationException($"the kernel side has no map {name}");
    }

    private nint Program(string name)
    {
        nint program = Libbpf.bpf_object__find_program_by_name(_object, name);
        return program != 0 ? program : throw new InvalidOperationException($"the kernel side has no program {name}");
    }

    private int MapFd(string name) => Libbpf.bpf_map__fd(Map(name));

    internal static byte[] ReadObject(string name)
    {
        using var stream = typeof(CaptureSession).Assembly.GetManifestResourceStream(name)!;
        var image = new byte[stream.Length];
        stream.ReadExactly(image);
        return image;
    }

    private static CaptureUnavailableException LoadFailure(int error)
    {
        string log = LibbpfLog.Take();
        string message = Marshal.GetPInvokeErrorMessage(error);
        if (log.Contains("BEGIN PROG LOAD LOG", StringComparison.Ordinal))
        {
            string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return new CaptureUnavailableException(
                $"the kernel's verifier refused the programs: {message}",
                "report it with the lines below and the kernel's version (uname -r)",
                string.Join('\n', lines.TakeLast(20)));
        }

        return error switch
        {
            PermissionDenied or AccessDenied => new CaptureUnavailableException(
                $"load the kernel side: {message}",
                "run as root, or with the capabilities BPF and PERFMON; in a container, check its seccomp profile allows bpf()"),
            NoMemory => new CaptureUnavailableException(
                $"load the kernel side: {message}",
                "raise the memory limit of the container, or of locked memory (ulimit -l) on kernels before 5.11"),
            _ => new CaptureUnavailableException($"load the kernel side: {message}. {FirstWarning(log)}", "run `netprofiler check`"),
        };
    }

    private static string FirstWarning(string log) =>
        log.Split('\n').FirstOrDefault(line => line.StartsWith("libbpf:", StringComparison.Ordinal)) ?? "";
}
