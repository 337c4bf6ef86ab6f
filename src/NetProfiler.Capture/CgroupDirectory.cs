using System.Globalization;
using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>A directory of a cgroup hierarchy. In version 2, its inode number is the id that the kernel side compares.</summary>
public static unsafe partial class CgroupDirectory
{
    private const int CurrentDirectory = -100;
    private const uint WantInode = 0x100;
    private const int InodeOffset = 32;
    private const long Cgroup2Magic = 0x63677270;

    /// <exception cref="TargetNotFoundException">There is no such directory, or it is not a control group.</exception>
    public static void ThrowIfMissing(string path)
    {
        if (!Directory.Exists(path)) throw new TargetNotFoundException($"cgroup {path} does not exist");
        if (!File.Exists(Path.Combine(path, "cgroup.procs")))
            throw new TargetNotFoundException(
                $"{path} is not a control group (it has no cgroup.procs; /proc/PID/cgroup names the groups of a process)");
    }

    /// <summary>Null if there is no such directory, or if it is not in the cgroup v2 hierarchy.</summary>
    public static ulong? TryIdOf(string path)
    {
        byte* buffer = stackalloc byte[256];
        if (statfs(path, buffer) != 0 || *(long*)buffer != Cgroup2Magic) return null;
        return statx(CurrentDirectory, path, 0, WantInode, buffer) == 0 ? *(ulong*)(buffer + InodeOffset) : null;
    }

    /// <summary>The cgroup and its descendants, except those removed in the meantime.</summary>
    public static IReadOnlyList<string> WithDescendants(string path)
    {
        var found = new List<string> { path };
        for (int next = 0; next < found.Count; next++)
        {
            try
            {
                found.AddRange(Directory.EnumerateDirectories(found[next]));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Removed in the meantime.
            }
        }

        return found;
    }

    /// <summary>The processes in the cgroup and its descendants, except those that have exited in the meantime.</summary>
    public static IEnumerable<int> Processes(string path) => WithDescendants(path).SelectMany(ProcessesIn);

    private static IReadOnlyList<int> ProcessesIn(string directory)
    {
        try
        {
            // 0: a process of another pid namespace.
            return [.. File.ReadLines(Path.Combine(directory, "cgroup.procs")).Select(line => int.Parse(line, NumberStyles.None))
                .Where(id => id > 0)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, byte* buffer);
}
