namespace NetProfiler.Analysis.Events;

/// <summary>For sources without a kernel side: no bytes can be skipped, and a connection is open until its end is reported.</summary>
public sealed class NoKernel : IKernelConnections
{
    public static NoKernel Instance { get; } = new();

    public void SkipUntil(ulong connection, Direction direction, uint position)
    {
    }

    public void StopSkipping(ulong connection, Direction direction)
    {
    }

    public void Ignore(ulong connection)
    {
    }

    public void Forget(ulong connection, ulong socket)
    {
    }

    public bool ReadsTls(int processId) => false;

    public TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds) => TlsUnreadReason.Unbound;

    public bool IsOpen(ulong connection, ulong socket) => true;
}
