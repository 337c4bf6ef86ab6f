using static NetProfiler.Capture.Packets.PacketLayers;

namespace NetProfiler.Capture.Packets;

/// <summary>Tunnels over IP and over UDP. Each function removes one header and returns the next layer.</summary>
internal static class TunnelLayers
{
    private const int UdpBytes = 8;
    private const int IpSecPort = 4500;

    // RFC 768. The length is not needed: IP has limited the packet already, and network cards fill it in late.
    public static PacketLayer Udp(ref PacketCursor cursor)
    {
        if (!cursor.Has(UdpBytes)) return PacketLayer.Malformed;
        int port = Short(cursor.Bytes, 2);
        cursor.Skip(UdpBytes);
        // RFC 3948, section 2
        if (port == IpSecPort) return cursor.Has(4) && Long(cursor.Bytes, 0) != 0 ? PacketLayer.Esp : PacketLayer.NotTcp;
        return OfUdpPort(port);
    }

    // RFC 7348, section 5. The reserved bits distinguish VXLAN from other datagrams to the same port; group policies use two of the
    // reserved bytes.
    public static PacketLayer Vxlan(ref PacketCursor cursor)
    {
        if (!cursor.Has(8)) return PacketLayer.Malformed;
        uint first = Long(cursor.Bytes, 0), second = Long(cursor.Bytes, 4);
        bool isPlain = first == 0x08000000, isWithPolicy = (first & 0xFFB70000) == 0x88000000;
        if ((!isPlain && !isWithPolicy) || (second & 0xFF) != 0) return PacketLayer.NotTcp;
        cursor.Skip(8);
        cursor.Enter(PacketLayer.Vxlan, second >> 8);
        return PacketLayer.Ethernet;
    }

    // RFC 8926, section 3.4.
    public static PacketLayer Geneve(ref PacketCursor cursor)
    {
        if (!cursor.Has(8)) return PacketLayer.Malformed;
        uint first = Long(cursor.Bytes, 0), network = Long(cursor.Bytes, 4) >> 8;
        int header = 8 + (int)((first >> 24) & 0x3F) * 4;
        bool isControl = (first & 0x00800000) != 0;
        if (first >> 30 != 0 || isControl) return PacketLayer.NotTcp;
        if (!cursor.Has(header)) return PacketLayer.Malformed;
        cursor.Skip(header);
        cursor.Enter(PacketLayer.Geneve, network);
        return OfEtherType((int)(first & 0xFFFF), PacketLayer.UnreadGeneve);
    }

    // RFC 2784, RFC 2890; version 1: RFC 2637, section 4.1.
    public static PacketLayer Gre(ref PacketCursor cursor)
    {
        const int checksum = 0x8000, routing = 0x4000, keyed = 0x2000, sequenced = 0x1000, acknowledged = 0x0080;
        if (!cursor.Has(4)) return PacketLayer.Malformed;
        int flags = Short(cursor.Bytes, 0), type = Short(cursor.Bytes, 2), version = flags & 7;
        if (version > 1 || (flags & routing) != 0) return PacketLayer.UnreadGre;
        int keyAt = (flags & checksum) != 0 ? 8 : 4;
        int header = keyAt + ((flags & keyed) != 0 ? 4 : 0) + ((flags & sequenced) != 0 ? 4 : 0)
            + (version == 1 && (flags & acknowledged) != 0 ? 4 : 0);
        if (!cursor.Has(header)) return PacketLayer.Malformed;
        ulong key = (flags & keyed) == 0 ? 0 : version == 1 ? (uint)Short(cursor.Bytes, keyAt + 2) : Long(cursor.Bytes, keyAt);
        cursor.Skip(header);
        cursor.Enter(PacketLayer.Gre, key);
        return type switch
        {
            0x88BE => Erspan(ref cursor, hasHeader: (flags & sequenced) != 0),
            0x22EB => Erspan3(ref cursor),
            _ => OfEtherType(type, PacketLayer.UnreadGre),
        };
    }

    // draft-foschiano-erspan, sections 4.1 and 4.2: types I and II.
    private static PacketLayer Erspan(ref PacketCursor cursor, bool hasHeader)
    {
        if (!hasHeader) return PacketLayer.Ethernet;
        if (!cursor.Has(8)) return PacketLayer.Malformed;
        cursor.Skip(8);
        return PacketLayer.Ethernet;
    }

    // Section 4.3 of the same draft: type III, whose last bit indicates 8 more bytes, and two bits the type of the frame.
    private static PacketLayer Erspan3(ref PacketCursor cursor)
    {
        if (!cursor.Has(12)) return PacketLayer.Malformed;
        int frame = (cursor.Bytes[10] >> 2) & 0x1F, header = (cursor.Bytes[11] & 1) != 0 ? 20 : 12;
        if (!cursor.Has(header)) return PacketLayer.Malformed;
        cursor.Skip(header);
        return frame switch { 0 => PacketLayer.Ethernet, 2 => PacketLayer.Ip, _ => PacketLayer.UnreadGre };
    }

    // RFC 3378, section 3.
    public static PacketLayer EtherIp(ref PacketCursor cursor)
    {
        if (!cursor.Has(2)) return PacketLayer.Malformed;
        if (cursor.Bytes[0] >> 4 != 3) return PacketLayer.NotTcp;
        cursor.Skip(2);
        cursor.Enter(PacketLayer.EtherIp, 0);
        return PacketLayer.Ethernet;
    }

    // 3GPP TS 29.281, section 5: version 1, and only the messages that carry a packet.
    public static PacketLayer Gtp(ref PacketCursor cursor)
    {
        const int userPacket = 255, maxExtensions = 8;
        if (!cursor.Has(8)) return PacketLayer.Malformed;
        int flags = cursor.Bytes[0];
        if (flags >> 4 != 3 || cursor.Bytes[1] != userPacket) return PacketLayer.NotTcp;
        int length = Short(cursor.Bytes, 2);
        uint tunnel = Long(cursor.Bytes, 4);
        cursor.Skip(8);
        cursor.Enter(PacketLayer.Gtp, tunnel);
        if (!cursor.TryLimit(length)) return PacketLayer.Malformed;
        if ((flags & 7) != 0)
        {
            if (!cursor.Has(4)) return PacketLayer.Malformed;
            int next = (flags & 4) != 0 ? cursor.Bytes[3] : 0;
            cursor.Skip(4);
            for (int i = 0; next != 0; i++)
            {
                if (i == maxExtensions) return PacketLayer.TooDeep;
                int extension = cursor.Has(1) ? cursor.Bytes[0] * 4 : 0;
                if (extension == 0 || !cursor.Has(extension)) return PacketLayer.Malformed;
                next = cursor.Bytes[extension - 1];
                cursor.Skip(extension);
            }
        }

        if (!cursor.Has(1)) return PacketLayer.Malformed;
        var layer = IpLayers.Any(cursor);
        return layer == PacketLayer.NotTcp ? PacketLayer.UnreadGtp : layer; // Ethernet and unstructured sessions of 5G
    }
}
