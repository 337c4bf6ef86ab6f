using System.Globalization;

namespace NetProfiler.Capture.Tls;

/// <summary>A file from which a process runs code.</summary>
/// <param name="Path">In the process's own root.</param>
internal readonly record struct MappedLibrary(ulong Inode, string Path)
{
    public string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>The TLS libraries that a process has loaded: from /proc/PID/maps (proc_pid_maps(5)).</summary>
internal static class ProcessLibraries
{
    private const string Deleted = " (deleted)";

    // Where the loaders of Debian, Fedora and those who install from source look.
    private static readonly string[] Folders = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib",
        "/usr/local/lib", "/usr/local/lib64"];

    /// <summary>The TLS libraries in this machine's own folders, used or not.</summary>
    public static IEnumerable<MappedLibrary> Installed() =>
        from folder in Folders
        where Directory.Exists(folder)
        from path in Directory.EnumerateFiles(folder, "libssl*.so*")
        let library = Of(path)
        where library is not null
        select library.Value;

    private static MappedLibrary? Of(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return new MappedLibrary(FileIdentity.InodeOf(file), path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // a link to nowhere
        }
    }

    /// <summary>Null if the process has ended, or must not be looked at.</summary>
    public static IReadOnlyList<MappedLibrary>? Find(int processId)
    {
        var found = new List<MappedLibrary>();
        try
        {
            foreach (string line in File.ReadLines($"/proc/{processId}/maps"))
            {
                if (TryRead(line) is { } library && !found.Contains(library)) found.Add(library);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return found;
    }

    // "7f12a000-7f13b000 r-xp 0001f000 fd:01 123456    /usr/lib/libssl.so.3": the path may hold blanks.
    private static MappedLibrary? TryRead(string line)
    {
        int path = line.IndexOf('/');
        if (path < 0 || !line.Contains("/libssl", StringComparison.Ordinal)) return null;
        string[] fields = line[..path].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5 || !fields[1].Contains('x')
            || !ulong.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode))
            return null;
        var library = new MappedLibrary(inode, line[path..]);
        bool isLibrary = library.Name.StartsWith("libssl", StringComparison.Ordinal)
            && library.Name.Contains(".so", StringComparison.Ordinal);
        return isLibrary ? library : null;
    }

    /// <summary>The file was replaced since it was loaded, as by an upgrade: its functions cannot be read any more.</summary>
    public static bool IsDeleted(MappedLibrary library) => library.Path.EndsWith(Deleted, StringComparison.Ordinal);
}
