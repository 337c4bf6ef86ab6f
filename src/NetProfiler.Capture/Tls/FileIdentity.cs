using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>Which file an opened file is.</summary>
internal static unsafe class FileIdentity
{
    /// <summary>0 if the kernel does not tell.</summary>
    public static ulong InodeOf(SafeFileHandle file)
    {
        const int statWords = 18, inode = 1; // struct stat of x86-64: the inode follows the device
        ulong* stat = stackalloc ulong[statWords];
        return Libbpf.fstat((int)file.DangerousGetHandle(), stat) == 0 ? stat[inode] : 0;
    }
}
