using System.Buffers.Binary;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The netlink messages that query netfilter for one connection: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
/// </summary>
internal static class ConntrackMessage
{
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

    /// <summary>Writes the query for a connection by its original addresses. Returns its length.</summary>
    public static int WriteQuestion(Span<byte> to, EndpointAddress local, EndpointAddress remote)
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

    /// <summary>The addresses as the connection's other end sees them. Null if they are not translated, or unknown.</summary>
    /// <remarks>
    /// The connecting end has the original tuple; the other end sees it as the reply's destination, and is the reply's source. The
    /// accepting end has the reply tuple; the other end sees it as the original's destination, and is the original's source.
    /// </remarks>
    public static (EndpointAddress Local, EndpointAddress Remote)? ReadAnswer(ReadOnlySpan<byte> answer, EndpointAddress local,
        EndpointAddress remote)
    {
        if (answer.Length < HeaderBytes || BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) != ConntrackNew) return null;
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
}
