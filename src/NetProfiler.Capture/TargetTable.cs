using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>
/// The set of target processes: one byte per process id, shared with the kernel side, which maintains it after the start.
/// </summary>
internal sealed class TargetTable(int mapFd) : IDisposable
{
    private readonly SharedMap<byte> _bytes = new(mapFd, Limits.MaxProcessIds, "targets");

    public void Set(int processId, bool isTarget) => _bytes[processId] = isTarget ? (byte)1 : (byte)0;

    public int Count() => _bytes.Values.Count((byte)1);

    public void Dispose() => _bytes.Dispose();
}
