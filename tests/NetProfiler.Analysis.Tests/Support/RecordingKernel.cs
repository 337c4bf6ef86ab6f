using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>Remembers what it was told, and does what the kernel side would: skips and ignores.</summary>
internal sealed class RecordingKernel : IKernelConnections
{
    /// <summary>TLS is to be read.</summary>
    public bool IsTlsRead { get; set; }

    public bool ReadsTls(int processId) => IsTlsRead;

    private readonly Dictionary<(ulong Connection, Direction Direction), uint> _skips = [];

    public List<string> Told { get; } = [];

    public HashSet<ulong> Ignored { get; } = [];

    public HashSet<ulong> Gone { get; } = [];

    public void SkipUntil(ulong connection, Direction direction, uint position)
    {
        _skips[(connection, direction)] = position;
        Told.Add($"skip {direction} until {position}");
    }

    public void StopSkipping(ulong connection, Direction direction)
    {
        _skips.Remove((connection, direction));
        Told.Add($"stop skipping {direction}");
    }

    public void Ignore(ulong connection)
    {
        Ignored.Add(connection);
        Told.Add("ignore");
    }

    public void Forget(ulong connection, ulong socket) => Told.Add($"forget {connection}");

    public TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds) => TlsUnreadReason.Unbound;

    public bool IsOpen(ulong connection, ulong socket) => !Gone.Contains(connection);

    /// <summary>How many of a call's first bytes are not wanted; as plan_capture in bpf/plan.h.</summary>
    public uint Unwanted(ulong connection, Direction direction, uint position, uint length)
    {
        if (!_skips.TryGetValue((connection, direction), out uint until)) return 0;
        int ahead = (int)(until - position);
        return ahead > 0 ? uint.Min((uint)ahead, length) : 0;
    }
}
