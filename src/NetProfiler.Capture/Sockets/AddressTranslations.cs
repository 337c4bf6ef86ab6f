using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The address translation (NAT) that netfilter applies to a connection, queried by netlink in the network namespaces that its packets
/// pass: its own; this process's, where those of containers are translated; and that of its remote address, where a sidecar may intercept
/// them. One thread.
/// </summary>
/// <remarks>
/// Requires CAP_NET_ADMIN, and CAP_SYS_ADMIN for other namespaces than this process's; without them, nothing is found. The kernel answers
/// within the system call, in a few microseconds. Remote ends that are not translated are cached for a second.
/// </remarks>
public sealed unsafe class AddressTranslations : IDisposable
{
    /// <summary>Maximum number of network namespaces with a socket of this process; others are not queried.</summary>
    private const int MaxNamespaces = 256;

    /// <summary>Maximum number of remote ends known not to be translated; the cache is cleared when it is full.</summary>
    private const int MaxPlain = 4096;

    private const long PlainNanoseconds = 1_000_000_000;

    private const int Own = 0; // no namespace has this number
    private const int NetlinkNetfilter = 12;

    private readonly Dictionary<uint, int> _sockets = [];
    private readonly Dictionary<(uint Namespace, EndpointAddress Remote), long> _plain = [];
    private readonly byte[] _answer = new byte[4096];

    /// <summary>The addresses as the connection's other end sees them. Null if they are not translated.</summary>
    /// <param name="here">The connection's namespace, and a process in it.</param>
    /// <param name="there">The namespace of its remote address. Null if the address is not on this machine.</param>
    public (EndpointAddress Local, EndpointAddress Remote)? Find(
        (uint Namespace, int ProcessId) here, (uint Namespace, int ProcessId)? there, EndpointAddress local, EndpointAddress remote,
        long nowNanoseconds)
    {
        if (_plain.TryGetValue((here.Namespace, remote), out long until) && nowNanoseconds < until) return null;

        if (Ask(SocketOf(here.Namespace, here.ProcessId), local, remote) is { } near) return near;
        if (Ask(SocketOf(Own, null), local, remote) is { } between) return between;
        if (there is { } other && Ask(SocketOf(other.Namespace, other.ProcessId), local, remote) is { } far) return far;

        if (_plain.Count == MaxPlain) _plain.Clear();
        _plain[(here.Namespace, remote)] = nowNanoseconds + PlainNanoseconds;
        return null;
    }

    public void Dispose()
    {
        foreach (int socket in _sockets.Values.Where(socket => socket != NetlinkSocket.None)) _ = NetlinkSocket.close(socket);
        _sockets.Clear();
    }

    private int SocketOf(uint networkNamespace, int? processId)
    {
        if (_sockets.TryGetValue(networkNamespace, out int known)) return known;
        if (_sockets.Count >= MaxNamespaces) return NetlinkSocket.None;
        int made = processId is { } id ? NetlinkSocket.OpenIn(networkNamespace, id, NetlinkNetfilter)
            : NetlinkSocket.Open(NetlinkNetfilter);
        // otherwise another process of the namespace is tried
        if (made != NetlinkSocket.None || processId is null || Directory.Exists($"/proc/{processId}")) _sockets[networkNamespace] = made;
        return made;
    }

    private (EndpointAddress Local, EndpointAddress Remote)? Ask(int socket, EndpointAddress local, EndpointAddress remote)
    {
        if (socket == NetlinkSocket.None) return null;
        Span<byte> question = stackalloc byte[128];
        var message = question[..ConntrackMessage.WriteQuestion(question, local, remote)];
        fixed (byte* bytes = message)
        {
            if (NetlinkSocket.send(socket, bytes, (nuint)message.Length, 0) != message.Length) return null;
        }

        fixed (byte* bytes = _answer)
        {
            nint length = NetlinkSocket.recv(socket, bytes, (nuint)_answer.Length, 0);
            return length <= 0 ? null : ConntrackMessage.ReadAnswer(_answer.AsSpan(0, (int)length), local, remote);
        }
    }
}
