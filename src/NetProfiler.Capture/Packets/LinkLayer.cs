using System.Buffers.Binary;

namespace NetProfiler.Capture.Packets;

/// <summary>Takes the link layer off a packet (tcpdump.org/linktypes.html).</summary>
internal static class LinkLayer
{
    private const int Null = 0;
    private const int Ethernet = 1;
    private const int Raw = 101;
    private const int Loop = 108;
    private const int LinuxCooked = 113;
    private const int IPv4 = 228;
    private const int IPv6 = 229;
    private const int LinuxCooked2 = 276;

    private const int MaxTags = 4;
    private const int TagBytes = 4;

    /// <summary>Tcp: there is an IP packet in it, perhaps with TCP in turn.</summary>
    public static PacketKind TryStrip(in Packet packet, out ReadOnlySpan<byte> network, out int wireLength)
    {
        network = default;
        wireLength = 0;
        int header, typeAt;
        switch (packet.LinkType)
        {
            case Ethernet: (header, typeAt) = (14, 12); break;
            case LinuxCooked: (header, typeAt) = (16, 14); break;
            case LinuxCooked2: (header, typeAt) = (20, 0); break;
            case Null or Loop: (header, typeAt) = (4, -1); break; // an address family, of the writer's system and byte order; IP says its version itself
            case Raw or IPv4 or IPv6: (header, typeAt) = (0, -1); break;
            default: return PacketKind.UnknownLink;
        }

        if (packet.Bytes.Length < header) return PacketKind.Malformed;
        if (typeAt >= 0)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(packet.Bytes[typeAt..]);
            for (int tags = 0; IsTag(type); tags++)
            {
                if (tags == MaxTags || packet.Bytes.Length < header + TagBytes) return PacketKind.Malformed;
                type = BinaryPrimitives.ReadUInt16BigEndian(packet.Bytes[(header + 2)..]);
                header += TagBytes;
            }

            if (type is not (0x0800 or 0x86DD)) return PacketKind.NotTcp;
        }

        network = packet.Bytes[header..];
        wireLength = packet.WireLength - header;
        return PacketKind.Tcp;
    }

    // IEEE 802.1Q, 802.1ad, and what came before it.
    private static bool IsTag(int type) => type is 0x8100 or 0x88A8 or 0x9100;
}
