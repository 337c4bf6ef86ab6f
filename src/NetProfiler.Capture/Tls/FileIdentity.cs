using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>Opens files of processes, and tells which file an opened one is.</summary>
internal static unsafe class FileIdentity
{
    private const int StatWords = 18; // struct stat of x86-64: device, inode, links, mode
    private const int ReadOnly = 0, DoNotWait = 0x800, CloseOnExec = 0x80000; // O_RDONLY, O_NONBLOCK, O_CLOEXEC

    /// <summary>Opens a file of another process to be read, and never waits: at a path that it names there may be anything.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafeFileHandle Open(string path)
    {
        int file = Libbpf.open(path, ReadOnly | DoNotWait | CloseOnExec);
        if (file < 0) throw new IOException($"open {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        var opened = new SafeFileHandle(file, ownsHandle: true);
        if (IsRegular(opened)) return opened;
        opened.Dispose();
        throw new IOException($"open {path}: not a regular file");
    }

    /// <summary>0 if the kernel does not tell.</summary>
    public static ulong InodeOf(SafeFileHandle file)
    {
        ulong* stat = stackalloc ulong[StatWords];
        return Libbpf.fstat((int)file.DangerousGetHandle(), stat) == 0 ? stat[1] : 0;
    }

    private static bool IsRegular(SafeFileHandle file)
    {
        const uint typeMask = 0xF000, regular = 0x8000; // S_IFMT, S_IFREG
        ulong* stat = stackalloc ulong[StatWords];
        return Libbpf.fstat((int)file.DangerousGetHandle(), stat) == 0 && ((uint)stat[3] & typeMask) == regular;
    }
}
