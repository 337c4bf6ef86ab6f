using System.Buffers.Binary;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Packets;

[Flags]
internal enum TcpFlags : byte
{
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
}

/// <summary>The TCP header and payload of one packet.</summary>
internal readonly ref struct TcpSegment
{
    public EndpointAddress Source { get; private init; }
    public EndpointAddress Destination { get; private init; }

    /// <summary>The tunnels that carried the packet (<see cref="PacketCursor.Tunnel"/>); 0 if there are none.</summary>
    public ulong Tunnel { get; private init; }

    public uint Sequence { get; private init; }
    public uint Acknowledged { get; private init; }

    public uint? AcknowledgedIfAny => Has(TcpFlags.Ack) ? Acknowledged : null;
    public TcpFlags Flags { get; private init; }

    /// <summary>The captured part.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Length on the wire.</summary>
    public int PayloadLength { get; private init; }

    public bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>Parses a packet from its link layer up, through any tunnels. Returns Tcp if there is a segment.</summary>
    public static PacketLayer TryRead(in Packet packet, out TcpSegment segment)
    {
        segment = default;
        var cursor = new PacketCursor(packet.Bytes, packet.WireLength);
        var layer = PacketLayers.FindTcp(packet.LinkType, ref cursor);
        return layer == PacketLayer.Tcp ? TryReadTcp(cursor, out segment) : layer;
    }

    // RFC 9293, section 3.1.
    private static PacketLayer TryReadTcp(scoped in PacketCursor cursor, out TcpSegment segment)
    {
        segment = default;
        var data = cursor.Bytes;
        if (data.Length < 20) return PacketLayer.Malformed;
        int header = (data[12] >> 4) * 4;
        if (header < 20 || header > cursor.WireLength) return PacketLayer.Malformed;
        segment = new TcpSegment
        {
            Source = cursor.Source with { Port = BinaryPrimitives.ReadUInt16BigEndian(data) },
            Destination = cursor.Destination with { Port = BinaryPrimitives.ReadUInt16BigEndian(data[2..]) },
            Tunnel = cursor.Tunnel,
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(data[4..]),
            Acknowledged = BinaryPrimitives.ReadUInt32BigEndian(data[8..]),
            Flags = (TcpFlags)data[13],
            Payload = data[int.Min(header, data.Length)..],
            PayloadLength = cursor.WireLength - header,
        };
        return PacketLayer.Tcp;
    }
}
