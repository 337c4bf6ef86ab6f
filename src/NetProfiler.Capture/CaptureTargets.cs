namespace NetProfiler.Capture;

/// <summary>What to profile; a process or connection that any of these names is a target.</summary>
public sealed record CaptureTargets
{
    public const int MaxNames = 64;
    public const int MaxPorts = 64;
    public const int MaxCgroups = 1024;

    /// <summary>The kernel keeps 15 bytes of a process's name.</summary>
    public const int MaxNameBytes = 15;

    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>Names of processes as in /proc/PID/comm, those that start later, or take the name later, too.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Directories in the cgroup v2 hierarchy; descendants belong to them.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>TCP ports on either end, whoever owns the connection.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>Control groups are added and removed while it runs.</summary>
    public bool AreChanging { get; init; }

    /// <summary>Every process but this one.</summary>
    public bool All { get; init; }
}

/// <summary>How to capture.</summary>
public sealed record CaptureOptions
{
    /// <summary>
    /// Bytes of the ring buffer between kernel and user space; a power of two. 32 MiB hold half a second of 100,000 small requests a
    /// second.
    /// </summary>
    public int RingBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Most bytes copied into one record, of which a call may make 16; what is beyond is only counted.</summary>
    public int CaptureBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Measures the time in reads, too: then every call of the machine is looked at when it begins, and not only when it returns.
    /// </summary>
    /// <remarks>Before Linux 6.16 that is so anyhow.</remarks>
    public bool TimesReads { get; init; }

    /// <summary>
    /// Reads the plaintext of TLS sessions: of all targets, or where <see cref="CaptureTargets.AreChanging"/> is set, of those control groups
    /// for which <see cref="CaptureSession.AddCgroup"/> asks for it. Not where <see cref="Tls.TlsSupport.Refusal"/> speaks against it.
    /// </summary>
    public bool ReadsTls { get; init; }

    /// <summary>
    /// Probes this machine's TLS libraries in every process, so that of targets that start later no session is missed; others pay for each
    /// call.
    /// </summary>
    public bool ProbesTlsEverywhere { get; init; }

    /// <summary>The only door to use; null: the best that this kernel has. For tests.</summary>
    public CaptureDoor? Door { get; init; }

    /// <summary>Loads what any choice of targets may need, and has the verifier count: <see cref="CaptureSession.Verified"/>.</summary>
    public bool CountVerified { get; init; }
}

/// <summary>What a program cost the kernel's verifier, which follows at most <see cref="MaxInstructions"/> before it refuses.</summary>
public readonly record struct VerifiedProgram(string Name, long Instructions)
{
    public const long MaxInstructions = 1_000_000;
}
