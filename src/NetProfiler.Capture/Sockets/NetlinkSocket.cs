using System.Runtime.InteropServices;

namespace NetProfiler.Capture.Sockets;

/// <summary>Netlink sockets in this or another network namespace. Requires CAP_SYS_ADMIN for another one.</summary>
internal static unsafe partial class NetlinkSocket
{
    /// <summary>Instead of a descriptor: the socket could not be opened.</summary>
    public const int None = -1;

    /// <summary>Maximum number of named namespaces that are tried.</summary>
    private const int MaxNamedNamespaces = 256;

    private const int AddressFamilyNetlink = 16;
    private const int RawCloseOnExecNonBlocking = 3 | 0x80000 | 0x800;
    private const int NewNetworkNamespace = 0x40000000;
    private const int ReadOnlyCloseOnExec = 0x80000;

    private static readonly string[] NamedNamespaceFolders = ["/run/netns", "/run/docker/netns"];

    /// <summary>Opens a socket in this process's network namespace, or returns <see cref="None"/>.</summary>
    public static int Open(int protocol) => socket(AddressFamilyNetlink, RawCloseOnExecNonBlocking, protocol);

    /// <summary>Opens a socket in the network namespace of a process, or returns <see cref="None"/>.</summary>
    /// <remarks>
    /// A socket belongs to the namespace of the thread that creates it, so a temporary thread enters the namespace. If the process has
    /// exited, the namespace may have a name (ip-netns(8), container runtimes).
    /// </remarks>
    public static int OpenIn(uint networkNamespace, int processId, int protocol)
    {
        int made = None;
        var thread = new Thread(() =>
        {
            foreach (string path in NamedNamespaces().Prepend($"/proc/{processId}/ns/net"))
            {
                if (!TryEnter(path) || SocketScan.NamespaceOf("/proc/thread-self") != networkNamespace) continue;
                made = Open(protocol);
                return;
            }
        });
        thread.Start();
        thread.Join();
        return made;
    }

    private static bool TryEnter(string path)
    {
        int target = open(path, ReadOnlyCloseOnExec);
        if (target < 0) return false;
        bool isInside = setns(target, NewNetworkNamespace) == 0;
        _ = close(target);
        return isInside;
    }

    private static IEnumerable<string> NamedNamespaces() =>
        NamedNamespaceFolders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Take(MaxNamedNamespaces);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int descriptor, int type);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint send(int socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(int socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);
}
