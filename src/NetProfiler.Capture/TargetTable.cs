using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>Which processes are targets: a byte for each process id, shared with the kernel side, which keeps it from then on.</summary>
internal sealed class TargetTable(int mapFd) : IDisposable
{
    private readonly SharedMap<byte> _bytes = new(mapFd, Limits.MaxProcessIds, "targets");

    public void Set(int processId, bool isTarget) => _bytes[processId] = isTarget ? (byte)1 : (byte)0;

    public int Count() => _bytes.Values.Count((byte)1);

    public void Dispose() => _bytes.Dispose();
}
