using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>A file from which a process runs code.</summary>
/// <param name="Device">Of the file system, as the kernel writes it.</param>
/// <param name="Path">In the process's own root.</param>
internal readonly record struct MappedFile(string Device, ulong Inode, string Path)
{
    private const string Deleted = " (deleted)";

    /// <summary>The file was replaced since it was loaded, as by an upgrade.</summary>
    public bool IsDeleted => Path.EndsWith(Deleted, StringComparison.Ordinal);

    public string Name => System.IO.Path.GetFileName(IsDeleted ? Path[..^Deleted.Length] : Path);

    /// <summary>It has the name of OpenSSL's library.</summary>
    public bool IsTlsLibrary => Name.StartsWith("libssl", StringComparison.Ordinal) && Name.Contains(".so", StringComparison.Ordinal);
}

/// <summary>
/// The files from which a process runs code, any of which may contain a TLS library: from /proc/PID/maps (proc_pid_maps(5)).
/// </summary>
internal static class ProcessFiles
{
    /// <summary>Files of one process that are looked at.</summary>
    private const int MaxFiles = 1024;

    // Where the loaders of Debian, Fedora and those who install from source look.
    private static readonly string[] Folders = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib",
        "/usr/local/lib", "/usr/local/lib64"];

    /// <summary>The TLS libraries in this machine's own folders, used or not.</summary>
    public static IEnumerable<MappedFile> Installed() =>
        from folder in Folders
        where Directory.Exists(folder)
        from path in Directory.EnumerateFiles(folder, "libssl*.so*")
        let library = Of(path)
        where library is not null
        select library.Value;

    private static MappedFile? Of(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return new MappedFile("", FileIdentity.InodeOf(file), path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // a link to nowhere
        }
    }

    /// <summary>Those that are named like OpenSSL's library first. None if the process has ended, or must not be looked at.</summary>
    public static IReadOnlyList<MappedFile> Find(int processId)
    {
        var found = new HashSet<MappedFile>();
        try
        {
            foreach (string line in File.ReadLines($"/proc/{processId}/maps"))
            {
                if (TryRead(line) is { } file && (found.Count < MaxFiles || file.IsTlsLibrary)) found.Add(file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        return [.. found.OrderByDescending(file => file.IsTlsLibrary)];
    }

    /// <summary>The program of a process can be opened even if it was replaced.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafeFileHandle Open(int processId, MappedFile file) => FileIdentity.Open(
        new FileInfo($"/proc/{processId}/exe").LinkTarget == file.Path ? $"/proc/{processId}/exe" : $"/proc/{processId}/root{file.Path}");

    // "7f12a000-7f13b000 r-xp 0001f000 fd:01 123456    /usr/lib/libssl.so.3": the path may hold blanks.
    private static MappedFile? TryRead(string line)
    {
        const int executable = 3; // in " r-xp"
        int path = line.IndexOf('/'), rights = line.IndexOf(' ');
        if (rights < 0 || path < rights + executable || line[rights + executable] != 'x') return null;
        string[] fields = line[..path].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 5 && ulong.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            ? new MappedFile(fields[3], inode, line[path..]) : null;
    }
}
