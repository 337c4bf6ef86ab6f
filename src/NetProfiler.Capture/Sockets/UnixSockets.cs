using System.Globalization;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The unix sockets of the machine, read from /proc/PID/net/unix of one process per network namespace (unix(7), proc_net(5)).
/// </summary>
internal static class UnixSockets
{
    private const int TypeField = 4, InodeField = 6;
    private const string StreamType = "0001";

    /// <summary>Inodes of the stream sockets; files that cannot be read are left out.</summary>
    public static IEnumerable<uint> ReadStreams()
    {
        var seen = new HashSet<uint>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(process)[0])) continue;
            if (SocketScan.NamespaceOf(process) is not { } networkNamespace || !seen.Add(networkNamespace)) continue;
            foreach (uint inode in ReadFile($"{process}/net/unix")) yield return inode;
        }
    }

    private static IReadOnlyList<uint> ReadFile(string path)
    {
        try
        {
            return [.. File.ReadLines(path).Skip(1).Select(InodeOfStream).OfType<uint>()];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return []; // exited in the meantime, or hidden
        }
    }

    // "Num RefCount Protocol Flags Type St Inode Path": inode 0 is a connection that waits to be accepted.
    private static uint? InodeOfStream(string line)
    {
        string[] fields = line.Split(' ', InodeField + 2, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= InodeField || fields[TypeField] != StreamType) return null;
        return uint.TryParse(fields[InodeField], NumberStyles.None, CultureInfo.InvariantCulture, out uint inode) && inode != 0
            ? inode : null;
    }
}
