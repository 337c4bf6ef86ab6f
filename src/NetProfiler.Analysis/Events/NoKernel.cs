namespace NetProfiler.Analysis.Events;

/// <summary>There is no kernel to ask: nothing can be spared, and what did not end is open.</summary>
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
