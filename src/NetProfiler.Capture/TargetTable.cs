using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>
/// Which processes are targets, and what is read of them: a byte for each process id, shared with the kernel side, which keeps it from then
/// on.
/// </summary>
internal sealed class TargetTable(int mapFd) : IDisposable
{
    private readonly SharedMap<byte> _bytes = new(mapFd, Limits.MaxProcessIds, "targets");

    /// <summary>Returns whether that changes what is read of the process.</summary>
    public bool Set(int processId, TargetFlags flags)
    {
        ref byte current = ref _bytes[processId];
        bool isChanged = current != (byte)flags;
        current = (byte)flags;
        return isChanged;
    }

    /// <summary>Any thread.</summary>
    public bool IsReadTls(int processId) =>
        (uint)processId < (uint)_bytes.Count && ((TargetFlags)Volatile.Read(ref _bytes[processId])).HasFlag(TargetFlags.Tls);

    public int Count() => _bytes.Count - _bytes.Values.Count((byte)TargetFlags.None);

    public void Dispose() => _bytes.Dispose();
}
