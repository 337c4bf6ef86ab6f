using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The address translation (NAT) that netfilter applies to a connection, queried by netlink in the network namespaces that its packets
/// pass: its own; this process's, where those of containers are translated; and that of its remote address, where a sidecar may intercept
/// them. One thread.
/// </summary>
/// <remarks>
/// Requires CAP_NET_ADMIN, and CAP_SYS_ADMIN for other namespaces than this process's; without them, nothing is found. The kernel answers
/// within the system call, in a few microseconds. Remote ends that are not translated are cached for a second. Protocol:
/// include/uapi/linux/netfilter/nfnetlink_conntrack.h.
/// </remarks>
public sealed unsafe partial class AddressTranslations : IDisposable
{
    /// <summary>Maximum number of network namespaces with a socket of this process; others are not queried.</summary>
    private const int MaxNamespaces = 256;

    /// <summary>Maximum number of remote ends known not to be translated; the cache is cleared when it is full.</summary>
    private const int MaxPlain = 4096;

    private const long PlainNanoseconds = 1_000_000_000;

    internal const int NoSocket = -1;
    private const int Own = 0; // no namespace has this number
    private const int AddressFamilyNetlink = 16;
    private const int RawCloseOnExecNonBlocking = 3 | 0x80000 | 0x800;
    private const int NetlinkNetfilter = 12;
    private const int NewNetworkNamespace = 0x40000000;
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const ushort ConntrackGet = (1 << 8) | 1;
    private const ushort ConntrackNew = 1 << 8;
    private const ushort Request = 1;
    private const ushort Nested = 0x8000;
    private const ushort TypeMask = 0x3FFF;
    private const int TcpProtocol = 6;
    private const int HeaderBytes = 16 + 4; // nlmsghdr, nfgenmsg
    private const int AttributeBytes = 4;

    // enum ctattr_type, ctattr_tuple, ctattr_ip, ctattr_l4proto
    private const ushort TupleOriginal = 1, TupleReply = 2;
    private const ushort TupleAddresses = 1, TupleProtocol = 2;
    private const ushort SourceV4 = 1, DestinationV4 = 2, SourceV6 = 3, DestinationV6 = 4;
    private const ushort ProtocolNumber = 1, SourcePort = 2, DestinationPort = 3;

    private static readonly string[] NamedNamespaceFolders = ["/run/netns", "/run/docker/netns"];

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
        foreach (int socket in _sockets.Values.Where(socket => socket != NoSocket)) _ = close(socket);
        _sockets.Clear();
    }

    private int SocketOf(uint networkNamespace, int? processId)
    {
        if (_sockets.TryGetValue(networkNamespace, out int known)) return known;
        if (_sockets.Count >= MaxNamespaces) return NoSocket;
        int made = processId is { } id ? OpenIn(networkNamespace, id, NetlinkNetfilter) : Open(NetlinkNetfilter);
        // otherwise another process of the namespace is tried
        if (made != NoSocket || processId is null || Directory.Exists($"/proc/{processId}")) _sockets[networkNamespace] = made;
        return made;
    }

    private static int Open(int protocol) => socket(AddressFamilyNetlink, RawCloseOnExecNonBlocking, protocol);

    // A socket belongs to the namespace of the thread that creates it, so a temporary thread enters the namespace. If the process has
    // exited, the namespace may have a name (ip-netns(8), container runtimes).
    internal static int OpenIn(uint networkNamespace, int processId, int protocol)
    {
        int made = NoSocket;
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
        NamedNamespaceFolders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Take(MaxNamespaces);

    private (EndpointAddress Local, EndpointAddress Remote)? Ask(int socket, EndpointAddress local, EndpointAddress remote)
    {
        if (socket == NoSocket) return null;
        Span<byte> question = stackalloc byte[128];
        var message = question[..Write(question, local, remote)];
        fixed (byte* bytes = message)
        {
            if (send(socket, bytes, (nuint)message.Length, 0) != message.Length) return null;
        }

        fixed (byte* bytes = _answer)
        {
            nint length = recv(socket, bytes, (nuint)_answer.Length, 0);
            return length < HeaderBytes ? null : Read(_answer.AsSpan(0, (int)length), local, remote);
        }
    }

    private static int Write(Span<byte> to, EndpointAddress local, EndpointAddress remote)
    {
        bool isV4 = local.Kind == EndpointKind.IPv4;
        to.Clear();
        int at = HeaderBytes;
        int tuple = at, addresses = at += AttributeBytes;
        at += AttributeBytes;
        Address(to, ref at, isV4 ? SourceV4 : SourceV6, local, isV4);
        Address(to, ref at, isV4 ? DestinationV4 : DestinationV6, remote, isV4);
        Attribute(to[addresses..], TupleAddresses | Nested, at - addresses);
        int protocol = at;
        at += AttributeBytes;
        Attribute(to[at..], ProtocolNumber, AttributeBytes + 1);
        to[at + AttributeBytes] = TcpProtocol;
        at += 2 * AttributeBytes;
        Port(to, ref at, SourcePort, local.Port);
        Port(to, ref at, DestinationPort, remote.Port);
        Attribute(to[protocol..], TupleProtocol | Nested, at - protocol);
        Attribute(to[tuple..], TupleOriginal | Nested, at - tuple);

        BinaryPrimitives.WriteInt32LittleEndian(to, at);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], ConntrackGet);
        BinaryPrimitives.WriteUInt16LittleEndian(to[6..], Request);
        to[16] = (byte)(isV4 ? 2 : 10); // AF_INET, AF_INET6
        return at;
    }

    private static void Attribute(Span<byte> to, int type, int length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)length);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)type);
    }

    private static void Address(Span<byte> to, ref int at, int type, EndpointAddress address, bool isV4)
    {
        Span<byte> bits = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bits, address.Bits);
        if (isV4) bits = bits[12..];
        Attribute(to[at..], type, AttributeBytes + bits.Length);
        bits.CopyTo(to[(at + AttributeBytes)..]);
        at += AttributeBytes + bits.Length;
    }

    private static void Port(Span<byte> to, ref int at, int type, ushort port)
    {
        Attribute(to[at..], type, AttributeBytes + 2);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + AttributeBytes)..], port);
        at += 2 * AttributeBytes;
    }

    // The connecting end has the original tuple; the other end sees it as the reply's destination, and is the reply's source. The accepting
    // end has the reply tuple; the other end sees it as the original's destination, and is the original's source.
    private static (EndpointAddress Local, EndpointAddress Remote)? Read(ReadOnlySpan<byte> answer, EndpointAddress local,
        EndpointAddress remote)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) != ConntrackNew) return null;
        int length = int.Min(answer.Length, BinaryPrimitives.ReadInt32LittleEndian(answer));
        if (length < HeaderBytes) return null;
        (EndpointAddress? Source, EndpointAddress? Destination) original = default, reply = default;
        foreach (var attribute in Attributes(answer[HeaderBytes..length]))
        {
            if (attribute.Type == TupleOriginal) original = Tuple(attribute.Value);
            if (attribute.Type == TupleReply) reply = Tuple(attribute.Value);
        }

        var (from, to) = original == (local, remote) ? reply : original;
        return from is not { } reached || to is not { } known || (known, reached) == (local, remote) ? null : (known, reached);
    }

    private static (EndpointAddress? Source, EndpointAddress? Destination) Tuple(ReadOnlySpan<byte> tuple)
    {
        ReadOnlySpan<byte> source = default, destination = default;
        ushort sourcePort = 0, destinationPort = 0;
        foreach (var part in Attributes(tuple))
        {
            foreach (var one in Attributes(part.Value))
            {
                switch (part.Type, one.Type)
                {
                    case (TupleAddresses, SourceV4 or SourceV6): source = one.Value; break;
                    case (TupleAddresses, DestinationV4 or DestinationV6): destination = one.Value; break;
                    case (TupleProtocol, SourcePort) when one.Value.Length == 2: sourcePort =
                        BinaryPrimitives.ReadUInt16BigEndian(one.Value); break;
                    case (TupleProtocol, DestinationPort)
                        when one.Value.Length == 2: destinationPort = BinaryPrimitives.ReadUInt16BigEndian(one.Value); break;
                }
            }
        }

        return (Of(source, sourcePort), Of(destination, destinationPort));
    }

    private static EndpointAddress? Of(ReadOnlySpan<byte> address, ushort port) => address.Length switch
    {
        4 => EndpointAddress.IPv4(address, port),
        16 => EndpointAddress.IPv6(address, port),
        _ => null,
    };

    private static AttributeEnumerator Attributes(ReadOnlySpan<byte> bytes) => new(bytes);

    private ref struct AttributeEnumerator(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public ushort Type { get; private set; }

        public ReadOnlySpan<byte> Value { get; private set; }

        public readonly AttributeEnumerator Current => this;

        public readonly AttributeEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.Length < AttributeBytes) return false;
            int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
            if (length < AttributeBytes || length > _rest.Length) return false;
            Type = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & TypeMask);
            Value = _rest[AttributeBytes..length];
            _rest = _rest[int.Min(_rest.Length, (length + 3) & ~3)..];
            return true;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int descriptor, int type);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint send(int socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recv(int socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);
}
