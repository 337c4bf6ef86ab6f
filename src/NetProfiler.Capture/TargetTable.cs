using System.Numerics;
using System.Runtime.InteropServices;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>Why a process is a target: enum target_flags of bpf/capture.h.</summary>
[Flags]
internal enum TargetFlags : byte
{
    None = 0,

    /// <summary>By its id or name, or as a child of such a process.</summary>
    Chosen = 1,

    /// <summary>It is in a control group that was chosen.</summary>
    InCgroup = 2,

    /// <summary>Either: it is a target.</summary>
    Member = Chosen | InCgroup,

    /// <summary>Calls of its TLS library are traced, too, with <see cref="TlsScope.Chosen"/>.</summary>
    Tls = 4,

    /// <summary>The bits from here on number the names that it took.</summary>
    Name = 8,
}

/// <summary>Which processes are targets: a byte for each process id, shared with the kernel side, which keeps it from then on.</summary>
internal sealed class TargetTable(int mapFd) : IDisposable
{
    // Of each of eight bytes: the flags, and the lower of them.
    private const ulong Members = 0x0303_0303_0303_0303, FirstBits = 0x0101_0101_0101_0101;

    private readonly SharedMap<byte> _bytes = new(mapFd, Limits.MaxProcessIds, "targets");

    /// <summary>Sets the flags of the mask. Returns whether that changed any.</summary>
    public bool Set(int processId, TargetFlags mask, TargetFlags flags)
    {
        ref byte value = ref _bytes[processId];
        if ((value & (byte)mask) == (byte)flags) return false;
        value = (byte)((value & ~(byte)mask) | (byte)flags);
        return true;
    }

    /// <summary>Whether the plaintext of the process's TLS sessions is read, with <see cref="TlsScope.Chosen"/>. Any thread.</summary>
    public bool IsReadTls(int processId) =>
        (uint)processId < (uint)_bytes.Count && ((TargetFlags)Volatile.Read(ref _bytes[processId])).HasFlag(TargetFlags.Tls);

    /// <summary>Processes that are targets, for whichever reason.</summary>
    public int Count()
    {
        int count = 0;
        foreach (ulong eight in MemoryMarshal.Cast<byte, ulong>(_bytes.Values))
        {
            ulong members = eight & Members;
            if (members != 0) count += BitOperations.PopCount((members | members >> 1) & FirstBits);
        }

        return count;
    }

    public void Dispose() => _bytes.Dispose();
}
