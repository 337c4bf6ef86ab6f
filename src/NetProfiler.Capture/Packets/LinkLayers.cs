using static NetProfiler.Capture.Packets.PacketLayers;

namespace NetProfiler.Capture.Packets;

/// <summary>Headers below IP. Each function removes one header and returns the next layer.</summary>
internal static class LinkLayers
{
    private const int EthernetBytes = 14;
    private const int MaxLlcLength = 1500;
    private const int LlcType = 0x0004;

    /// <summary>The first header of a packet of this link type (tcpdump.org/linktypes.html).</summary>
    public static PacketLayer Begin(int linkType, ref PacketCursor cursor) =>
        linkType == 1 ? PacketLayer.Ethernet : BeginOther(linkType, ref cursor);

    private static PacketLayer BeginOther(int linkType, ref PacketCursor cursor) => linkType switch
    {
        // an address family, in the writer's encoding and byte order; the IP header states its version
        0 or 108 => Take(ref cursor, 4, PacketLayer.Ip),
        9 or 50 => PacketLayer.Ppp,
        51 => PacketLayer.Pppoe,
        101 or 228 or 229 => PacketLayer.Ip,
        113 => Cooked(ref cursor, 16, 14),
        219 => PacketLayer.Mpls,
        276 => Cooked(ref cursor, 20, 0),
        _ => PacketLayer.UnknownLink,
    };

    // IEEE 802.3, clause 3.2.6: an EtherType, or the length of an LLC frame.
    public static PacketLayer Ethernet(ref PacketCursor cursor)
    {
        if (!cursor.Has(EthernetBytes)) return PacketLayer.Malformed;
        int type = Short(cursor.Bytes, 12);
        cursor.Skip(EthernetBytes);
        return type is > 0 and <= MaxLlcLength ? PacketLayer.Llc : OfEtherType(type, PacketLayer.NotTcp);
    }

    // IEEE 802.1Q, clause 9.6.
    public static PacketLayer Tag(ref PacketCursor cursor)
    {
        if (!cursor.Has(4)) return PacketLayer.Malformed;
        int network = Short(cursor.Bytes, 0) & 0x0FFF, type = Short(cursor.Bytes, 2);
        cursor.Skip(4);
        if (network != 0) cursor.Enter(PacketLayer.Tag, (ulong)network); // 0: the tag contains only a priority
        return type is > 0 and <= MaxLlcLength ? PacketLayer.Llc : OfEtherType(type, PacketLayer.NotTcp);
    }

    // RFC 1042, and IEEE 802.1H for the other organization code.
    public static PacketLayer Llc(ref PacketCursor cursor)
    {
        if (!cursor.Has(3)) return PacketLayer.Malformed;
        if (cursor.Bytes[0] != 0xAA || cursor.Bytes[1] != 0xAA || cursor.Bytes[2] != 3) return PacketLayer.NotTcp;
        if (!cursor.Has(8)) return PacketLayer.Malformed;
        uint organization = Long(cursor.Bytes, 2) & 0xFFFFFF;
        int type = Short(cursor.Bytes, 6);
        cursor.Skip(8);
        return organization is 0 or 0x0000F8 ? OfEtherType(type, PacketLayer.NotTcp) : PacketLayer.NotTcp;
    }

    // RFC 2516, section 4.
    public static PacketLayer Pppoe(ref PacketCursor cursor)
    {
        if (!cursor.Has(6)) return PacketLayer.Malformed;
        if (cursor.Bytes[0] != 0x11 || cursor.Bytes[1] != 0) return PacketLayer.NotTcp;
        int session = Short(cursor.Bytes, 2), length = Short(cursor.Bytes, 4);
        cursor.Skip(6);
        cursor.Enter(PacketLayer.Pppoe, (ulong)session);
        return cursor.TryLimit(length) ? PacketLayer.Ppp : PacketLayer.Malformed;
    }

    // RFC 1661, section 2, with the compressed fields of section 6; RFC 1662, section 3.1.
    public static PacketLayer Ppp(ref PacketCursor cursor)
    {
        if (cursor.Has(2) && cursor.Bytes[0] == 0xFF && cursor.Bytes[1] == 3) cursor.Skip(2);
        if (!cursor.Has(1) || (cursor.Bytes[0] == 0xFF && !cursor.Has(2))) return PacketLayer.Malformed;
        bool isCompressed = (cursor.Bytes[0] & 1) != 0;
        if (!isCompressed && !cursor.Has(2)) return PacketLayer.Malformed;
        int protocol = isCompressed ? cursor.Bytes[0] : Short(cursor.Bytes, 0);
        cursor.Skip(isCompressed ? 1 : 2);
        return protocol switch
        {
            0x0021 => PacketLayer.IPv4,
            0x0057 => PacketLayer.IPv6,
            0x0281 or 0x0283 => PacketLayer.Mpls,
            0x002D or 0x002F or 0x003D or 0x0053 or 0x00FD => PacketLayer.UnreadPpp, // compressed headers, multilink, encrypted, compressed
            _ => PacketLayer.NotTcp,
        };
    }

    private static PacketLayer Cooked(ref PacketCursor cursor, int length, int typeAt)
    {
        if (!cursor.Has(length)) return PacketLayer.Malformed;
        int type = Short(cursor.Bytes, typeAt);
        return Take(ref cursor, length, type == LlcType ? PacketLayer.Llc : OfEtherType(type, PacketLayer.NotTcp));
    }

    private static PacketLayer Take(ref PacketCursor cursor, int length, PacketLayer next)
    {
        if (!cursor.Has(length)) return PacketLayer.Malformed;
        cursor.Skip(length);
        return next;
    }
}
