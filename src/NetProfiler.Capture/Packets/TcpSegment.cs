using System.Buffers.Binary;
using NetProfiler.Analysis.Connections;

namespace NetProfiler.Capture.Packets;

internal enum PacketKind
{
    Tcp,

    /// <summary>Something else, and nothing that could be missed.</summary>
    NotTcp,

    /// <summary>A part of an IP packet.</summary>
    Fragment,

    /// <summary>Cut before the TCP header's end, or its lengths contradict each other.</summary>
    Malformed,

    /// <summary>A link layer that we do not know.</summary>
    UnknownLink,
}

[Flags]
internal enum TcpFlags : byte
{
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
}

/// <summary>What TCP says in one packet.</summary>
internal readonly ref struct TcpSegment
{
    public EndpointAddress Source { get; private init; }
    public EndpointAddress Destination { get; private init; }
    public uint Sequence { get; private init; }
    public uint Acknowledged { get; private init; }

    public uint? AcknowledgedIfAny => Has(TcpFlags.Ack) ? Acknowledged : null;
    public TcpFlags Flags { get; private init; }

    /// <summary>As far as it was captured.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>On the wire.</summary>
    public int PayloadLength { get; private init; }

    public bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>Reads a packet from its link layer up.</summary>
    public static PacketKind TryRead(in Packet packet, out TcpSegment segment)
    {
        segment = default;
        var kind = LinkLayer.TryStrip(packet, out var network, out int wire);
        if (kind != PacketKind.Tcp) return kind;
        if (network.IsEmpty) return PacketKind.Malformed;
        return (network[0] >> 4) switch
        {
            4 => TryReadIPv4(network, wire, out segment),
            6 => TryReadIPv6(network, wire, out segment),
            _ => PacketKind.NotTcp,
        };
    }

    // RFC 791, section 3.1.
    private static PacketKind TryReadIPv4(ReadOnlySpan<byte> data, int wire, out TcpSegment segment)
    {
        segment = default;
        if (data.Length < 20) return PacketKind.Malformed;
        int header = (data[0] & 15) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(data[2..]);
        if (total == 0) total = wire; // left to the network card, and more than fits the field
        if (header < 20 || total < header) return PacketKind.Malformed;
        if (data[9] != Tcp) return PacketKind.NotTcp;
        if ((BinaryPrimitives.ReadUInt16BigEndian(data[6..]) & 0x3FFF) != 0) return PacketKind.Fragment;
        if (data.Length < header) return PacketKind.Malformed;
        return TryReadTcp(Upper(data, header, total), total - header,
            EndpointAddress.IPv4(data.Slice(12, 4), 0), EndpointAddress.IPv4(data.Slice(16, 4), 0), out segment);
    }

    // RFC 8200, sections 3 and 4.
    private static PacketKind TryReadIPv6(ReadOnlySpan<byte> data, int wire, out TcpSegment segment)
    {
        const int fixedHeader = 40, maxExtensions = 16;
        segment = default;
        if (data.Length < fixedHeader) return PacketKind.Malformed;
        int payload = BinaryPrimitives.ReadUInt16BigEndian(data[4..]);
        int total = payload == 0 ? wire : fixedHeader + payload;
        int next = data[6], header = fixedHeader;
        for (int i = 0; i < maxExtensions && next != Tcp; i++)
        {
            if (next is not (HopByHop or Routing or Fragment or Authentication or Destinations)) return PacketKind.NotTcp;
            if (data.Length < header + 8) return PacketKind.Malformed;
            if (next == Fragment && (BinaryPrimitives.ReadUInt16BigEndian(data[(header + 2)..]) & 0xFFF9) != 0) return PacketKind.Fragment;
            int length = next switch { Fragment => 8, Authentication => (data[header + 1] + 2) * 4, _ => (data[header + 1] + 1) * 8 };
            next = data[header];
            header += length;
        }

        if (next != Tcp) return PacketKind.NotTcp;
        if (total < header || data.Length < header) return PacketKind.Malformed;
        return TryReadTcp(Upper(data, header, total), total - header,
            EndpointAddress.IPv6(data.Slice(8, 16), 0), EndpointAddress.IPv6(data.Slice(24, 16), 0), out segment);
    }

    private const int Tcp = 6, HopByHop = 0, Routing = 43, Fragment = 44, Authentication = 51, Destinations = 60;

    // What is behind the packet's own length pads a short frame.
    private static ReadOnlySpan<byte> Upper(ReadOnlySpan<byte> data, int header, int total) => data[header..int.Min(data.Length, total)];

    // RFC 9293, section 3.1.
    private static PacketKind TryReadTcp(ReadOnlySpan<byte> data, int wire, EndpointAddress source, EndpointAddress destination, out TcpSegment segment)
    {
        segment = default;
        if (data.Length < 20) return PacketKind.Malformed;
        int header = (data[12] >> 4) * 4;
        if (header < 20 || header > wire) return PacketKind.Malformed;
        segment = new TcpSegment
        {
            Source = source with { Port = BinaryPrimitives.ReadUInt16BigEndian(data) },
            Destination = destination with { Port = BinaryPrimitives.ReadUInt16BigEndian(data[2..]) },
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(data[4..]),
            Acknowledged = BinaryPrimitives.ReadUInt32BigEndian(data[8..]),
            Flags = (TcpFlags)data[13],
            Payload = data[int.Min(header, data.Length)..],
            PayloadLength = wire - header,
        };
        return PacketKind.Tcp;
    }
}
