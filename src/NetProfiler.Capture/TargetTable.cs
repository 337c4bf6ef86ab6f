using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>Which processes are targets: a byte for each process id, shared with the kernel side, which keeps it from then on.</summary>
internal sealed class TargetTable(int mapFd) : IDisposable
{
    private readonly SharedMap<byte> _bytes = new(mapFd, Limits.MaxProcessIds, "targets");

    public void Add(int processId) => _bytes[processId] = 1;

    public void Dispose() => _bytes.Dispose();
}
