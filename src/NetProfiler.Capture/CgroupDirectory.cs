using System.Globalization;
using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>A directory of the cgroup v2 hierarchy. Its inode number is the id that the kernel side compares.</summary>
internal static unsafe partial class CgroupDirectory
{
    private const int CurrentDirectory = -100;
    private const uint WantInode = 0x100;
    private const int InodeOffset = 32;
    private const long Cgroup2Magic = 0x63677270;

    /// <exception cref="TargetNotFoundException">There is no such directory, or it is not in the cgroup v2 hierarchy.</exception>
    public static ulong IdOf(string path)
    {
        if (!Directory.Exists(path)) throw new TargetNotFoundException($"cgroup {path} does not exist");

        byte* buffer = stackalloc byte[256];
        if (statfs(path, buffer) != 0 || *(long*)buffer != Cgroup2Magic)
            throw new TargetNotFoundException($"{path} is not a directory of the cgroup v2 hierarchy (see: mount -t cgroup2)");
        if (statx(CurrentDirectory, path, 0, WantInode, buffer) != 0)
            throw new TargetNotFoundException($"cgroup {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        return *(ulong*)(buffer + InodeOffset);
    }

    /// <summary>Processes in the cgroup and below it.</summary>
    public static IEnumerable<int> Processes(string path)
    {
        var directories = Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).Prepend(path);
        return directories
            .SelectMany(directory => File.ReadLines(Path.Combine(directory, "cgroup.procs")))
            .Select(line => int.Parse(line, NumberStyles.None));
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, byte* buffer);
}
