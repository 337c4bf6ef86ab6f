using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Delegates to the current kernel side, if there is one; counters of earlier ones are preserved. Ring-buffer thread only.
/// </summary>
internal sealed class SwitchedKernel : IKernelConnections, ICaptureCounters
{
    private static readonly Counter[] Lost =
        [Counter.LostRingFull, Counter.LostFault, Counter.LostSegments, Counter.LostConnections, Counter.LostCompat, Counter.LostClosed,
            Counter.LostIoUring];

    private readonly long[] _counted = new long[Enum.GetValues<Counter>().Length];
    private long _leftOut;
    private CaptureSession? _session;

    /// <summary>Number of calls and events of targets that were lost in the kernel.</summary>
    public long LostEvents => Lost.Sum(Read);

    private IKernelConnections Kernel => _session ?? (IKernelConnections)NoKernel.Instance;

    public void Use(CaptureSession session) => _session = session;

    public void Leave()
    {
        if (_session is null) return;
        foreach (var counter in Enum.GetValues<Counter>()) _counted[(int)counter] += _session.Read(counter);
        _leftOut += _session.CountLeftOut();
        _session = null;
    }

    public long Read(Counter counter) => _counted[(int)counter] + (_session?.Read(counter) ?? 0);

    public long CountLeftOut() => _leftOut + (_session?.CountLeftOut() ?? 0);

    public void SkipUntil(ulong connection, Direction direction, uint position) => Kernel.SkipUntil(connection, direction, position);

    public void StopSkipping(ulong connection, Direction direction) => Kernel.StopSkipping(connection, direction);

    public void Ignore(ulong connection) => Kernel.Ignore(connection);

    public void TimeCalls() => Kernel.TimeCalls();

    public void Forget(ulong connection, ulong socket) => Kernel.Forget(connection, socket);

    public bool ReadsTls(int processId) => Kernel.ReadsTls(processId);

    public TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds) => Kernel.WhyTlsUnread(processId, openedNanoseconds);

    public bool IsOpen(ulong connection, ulong socket) => Kernel.IsOpen(connection, socket);
}
