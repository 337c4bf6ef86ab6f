using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The TCP sockets of this machine with their processes, and its addresses, in every network namespace that has a process: read from /proc,
/// for sockets that are older than the capture. The kernel side reports later ones.
/// </summary>
/// <remarks>Requires CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH for processes of other users; what cannot be read is left out.</remarks>
public sealed class SocketScan
{
    private const int Listening = 10; // include/net/tcp_states.h
    private const int Established = 1;

    private readonly record struct Socket(uint Namespace, EndpointAddress Local, EndpointAddress? Remote);

    private readonly record struct Owner(int ProcessId, byte[] Name, Socket Socket);

    private readonly List<Owner> _owners = [];
    private readonly List<(uint Namespace, EndpointAddress Address)> _hosts = [];

    private SocketScan()
    {
    }

    /// <summary>Scans the machine; takes tens of milliseconds if it is busy.</summary>
    public static SocketScan Read()
    {
        var scan = new SocketScan();
        var processes = new List<(int Id, string Directory, uint Namespace)>();
        var sockets = new Dictionary<(uint Namespace, ulong Inode), Socket>();
        var seen = new HashSet<uint>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, null, out int id)) continue;
            string directory = process;
            uint? found = NamespaceOf(process);
            // If the main thread has exited, the open files of the process are visible at its other threads.
            if (found is null && Threads(process).FirstOrDefault(thread => NamespaceOf(thread) is not null) is { } living)
                (directory, found) = (living, NamespaceOf(living));
            if (found is not { } networkNamespace) continue;
            processes.Add((id, directory, networkNamespace));
            if (!seen.Add(networkNamespace)) continue;
            foreach (string file in new[] { "tcp", "tcp6" }) ReadSockets(networkNamespace, $"{directory}/net/{file}", sockets);
            scan.ReadHosts(networkNamespace, directory);
        }

        foreach (var (id, directory, networkNamespace) in processes) scan.ReadDescriptors(id, directory, networkNamespace, sockets);
        return scan;
    }

    /// <summary>Processes that listen on TCP ports. Several processes share an inherited socket.</summary>
    public IEnumerable<(int ProcessId, string Name, uint Namespace, EndpointAddress Local)> Listeners =>
        _owners.Where(owner => owner.Socket.Remote is null)
            .Select(owner => (owner.ProcessId, Encoding.UTF8.GetString(owner.Name), owner.Socket.Namespace, owner.Socket.Local));

    /// <summary>Reports the sockets and addresses to a handler.</summary>
    public void Tell(ISocketEventHandler handler)
    {
        foreach (var (networkNamespace, address) in _hosts) handler.OnHost(networkNamespace, address);
        foreach (var owner in _owners)
        {
            handler.OnOwner(new SocketOwner
            {
                ProcessId = owner.ProcessId,
                ProcessName = owner.Name,
                NetworkNamespace = owner.Socket.Namespace,
                Local = owner.Socket.Local,
                Remote = owner.Socket.Remote,
            });
        }
    }

    // "net:[4026531840]"
    internal static uint? NamespaceOf(string directory)
    {
        try
        {
            string? target = new FileInfo($"{directory}/ns/net").LinkTarget;
            return target is not null && target.StartsWith("net:[", StringComparison.Ordinal)
                && uint.TryParse(target.AsSpan(5, target.Length - 6), out uint inode) ? inode : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // exited in the meantime, or owned by another user
        }
    }

    // A line, after its number: local and remote address, state, queues, timer, retransmits, uid, timeout, inode (proc(5)).
    private static void ReadSockets(uint networkNamespace, string path, Dictionary<(uint, ulong), Socket> sockets)
    {
        foreach (var (state, local, remote, _, number) in Rows(path))
        {
            if (!ulong.TryParse(number, out ulong inode) || inode == 0) continue;
            sockets[(networkNamespace, inode)] = new Socket(networkNamespace, local, state == Listening ? null : remote);
        }
    }

    /// <summary>Established connections without unread or unacknowledged bytes, as listed in /proc/PID/net/tcp.</summary>
    internal static IEnumerable<(EndpointAddress Local, EndpointAddress Remote)> ConnectionsWithEmptyQueues(string path)
    {
        foreach (var row in Rows(path))
        {
            if (row.State == Established && row.Queues == "00000000:00000000") yield return (row.Local, row.Remote);
        }
    }

    private static IEnumerable<(int State, EndpointAddress Local, EndpointAddress Remote, string Queues, string Inode)> Rows(string path)
    {
        foreach (string line in Lines(path).Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 10 || !int.TryParse(fields[3], NumberStyles.HexNumber, null, out int state)
                || state is not (Listening or Established))
                continue;
            if (TryParse(fields[1], out var local) && TryParse(fields[2], out var remote))
                yield return (state, local, remote, fields[4], fields[9]);
        }
    }

    // 32-bit words in the machine's byte order, as hexadecimal numbers; the port is one number.
    private static bool TryParse(string text, out EndpointAddress address)
    {
        address = default;
        int colon = text.IndexOf(':');
        if (colon is not (8 or 32) || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.HexNumber, null, out ushort port)) return false;
        Span<byte> bytes = stackalloc byte[16];
        for (int at = 0; at < colon; at += 8)
        {
            if (!uint.TryParse(text.AsSpan(at, 8), NumberStyles.HexNumber, null, out uint word)) return false;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(at / 2)..], word);
        }

        address = colon == 8 ? EndpointAddress.IPv4(bytes[..4], port) : EndpointAddress.IPv6(bytes, port);
        return true;
    }

    private void ReadHosts(uint networkNamespace, string directory)
    {
        // A line "|-- 10.0.0.1", followed by a line which states that the address is local.
        string host = "";
        foreach (string line in Lines($"{directory}/net/fib_trie"))
        {
            int at = line.IndexOf("|-- ", StringComparison.Ordinal);
            if (at >= 0) host = line[(at + 4)..];
            else if (line.EndsWith("host LOCAL", StringComparison.Ordinal) && System.Net.IPAddress.TryParse(host, out var address))
                _hosts.Add((networkNamespace, EndpointAddress.IPv4(address.GetAddressBytes(), 0)));
        }

        foreach (string line in Lines($"{directory}/net/if_inet6"))
        {
            if (line.Length > 32 && UInt128.TryParse(line.AsSpan(0, 32), NumberStyles.HexNumber, null, out var bits))
                _hosts.Add((networkNamespace, new EndpointAddress(EndpointKind.IPv6, bits, 0)));
        }
    }

    private void ReadDescriptors(int processId, string directory, uint networkNamespace, Dictionary<(uint, ulong), Socket> sockets)
    {
        byte[]? name = null;
        try
        {
            foreach (var descriptor in new DirectoryInfo($"{directory}/fd").EnumerateFileSystemInfos())
            {
                // "socket:[12345]"; a descriptor may belong to another namespace than its process, but rarely does.
                if (descriptor.LinkTarget is not { } target || !target.StartsWith("socket:[", StringComparison.Ordinal)) continue;
                if (!ulong.TryParse(target.AsSpan(8, target.Length - 9), out ulong inode)
                    || !sockets.TryGetValue((networkNamespace, inode), out var socket))
                    continue;
                name ??= Encoding.UTF8.GetBytes(File.ReadAllText($"/proc/{processId}/comm").TrimEnd('\n'));
                _owners.Add(new Owner(processId, name, socket));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // exited in the meantime, or owned by another user
        }
    }

    private static string[] Threads(string directory)
    {
        try
        {
            return Directory.GetDirectories($"{directory}/task");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
