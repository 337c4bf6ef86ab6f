namespace NetProfiler.Capture;

/// <summary>Selects what to profile. A process or connection that matches any of these is a target.</summary>
public sealed record CaptureTargets
{
    public const int MaxNames = 64;
    public const int MaxPorts = 64;
    public const int MaxCgroups = 1024;

    /// <summary>The kernel keeps 15 bytes of a process name.</summary>
    public const int MaxNameBytes = 15;

    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>Names of processes as in /proc/PID/comm, including processes that start later, or are renamed later.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Directories in the cgroup v2 hierarchy, including their descendants.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>TCP ports at either end, whichever process owns the connection.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>Whether control groups are added and removed during capture.</summary>
    public bool AreChanging { get; init; }

    /// <summary>Every process except this one.</summary>
    public bool All { get; init; }
}

/// <summary>Options of a capture.</summary>
public sealed record CaptureOptions
{
    /// <summary>
    /// Size in bytes of the ring buffer between kernel and user space; a power of two. 32 MiB hold half a second of 100,000 small requests
    /// per second.
    /// </summary>
    public int RingBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Maximum number of bytes copied into one record, of which a call may fill 16; further bytes are only counted.</summary>
    public int CaptureBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Measures the time spent in reads too, which requires a program at the entry of every system call of the machine, in addition to the
    /// return.
    /// </summary>
    /// <remarks>Before Linux 6.16, this program is attached in any case.</remarks>
    public bool TimesReads { get; init; }

    /// <summary>
    /// Reads the plaintext of TLS sessions, unless <see cref="Tls.TlsSupport.Refusal"/> states a reason against it: of all targets, or with
    /// <see cref="CaptureTargets.AreChanging"/> of the control groups for which <see cref="CaptureSession.AddCgroup"/> requests it.
    /// </summary>
    public bool ReadsTls { get; init; }

    /// <summary>
    /// Probes this machine's TLS libraries in every process, so that no session of a target that starts later is missed. Every call of
    /// other processes then has a cost.
    /// </summary>
    public bool ProbesTlsEverywhere { get; init; }

    /// <summary>The only door to use. Null for the best that this kernel supports. For tests.</summary>
    public CaptureDoor? Door { get; init; }

    /// <summary>
    /// Loads what any choice of targets can require, and collects the verifier's statistics: <see cref="CaptureSession.Verified"/>.
    /// </summary>
    public bool CountVerified { get; init; }
}

/// <summary>
/// The number of instructions that the kernel's verifier processed for a program. It rejects a program after <see cref="MaxInstructions"/>.
/// </summary>
public readonly record struct VerifiedProgram(string Name, long Instructions)
{
    public const long MaxInstructions = 1_000_000;
}
