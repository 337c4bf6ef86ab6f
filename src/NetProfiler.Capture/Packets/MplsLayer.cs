using static NetProfiler.Capture.Packets.PacketLayers;

namespace NetProfiler.Capture.Packets;

/// <summary>
/// A stack of MPLS labels (RFC 3032). Only the receiver of a label can determine from it what follows, so the content is detected from its
/// bytes.
/// </summary>
internal static class MplsLayer
{
    private const int MaxLabels = 16;
    private const int LabelBytes = 4;
    private const int ControlWordBytes = 4;
    private const int MinIPv4Bytes = 20;
    private const int IPv6Bytes = 40;

    public static PacketLayer Read(ref PacketCursor cursor)
    {
        for (int labels = 0; labels < MaxLabels; labels++)
        {
            if (!cursor.Has(LabelBytes)) return PacketLayer.Malformed;
            uint entry = Long(cursor.Bytes, 0);
            cursor.Skip(LabelBytes);
            if ((entry & 0x100) == 0) continue;
            cursor.Enter(PacketLayer.Mpls, entry >> 12); // the last label identifies the virtual network; those above it change on the way
            return Content(ref cursor);
        }

        return PacketLayer.TooDeep;
    }

    // RFC 4928, section 3; RFC 4385, section 3; RFC 4448, section 4.6.
    private static PacketLayer Content(ref PacketCursor cursor)
    {
        var bytes = cursor.Bytes;
        if (bytes.IsEmpty) return PacketLayer.Malformed;
        if (bytes[0] == 0x45) return PacketLayer.IPv4; // an Ethernet station's address cannot begin with 0x45: it would be a group address
        int version = bytes[0] >> 4;
        bool isIPv6 = version == 6 && cursor.Has(6) && Short(bytes, 4) + IPv6Bytes == cursor.WireLength;
        if (isIPv6) return PacketLayer.IPv6;
        if (IsEthernet(bytes)) return PacketLayer.Ethernet;
        if (version == 0 && cursor.Has(ControlWordBytes) && bytes[0] == 0 && IsEthernet(bytes[ControlWordBytes..]))
        {
            cursor.Skip(ControlWordBytes);
            return PacketLayer.Ethernet;
        }

        return version switch
        {
            4 => cursor.Has(MinIPv4Bytes) ? PacketLayer.IPv4 : PacketLayer.Malformed,
            6 => cursor.Has(IPv6Bytes) ? PacketLayer.IPv6 : PacketLayer.Malformed,
            1 => PacketLayer.NotTcp, // an associated channel, RFC 5586
            _ => PacketLayer.UnreadMpls,
        };
    }

    /// <summary>
    /// Whether a type is at the position of the EtherType in an Ethernet frame, and is consistent with the bytes that follow.
    /// </summary>
    private static bool IsEthernet(ReadOnlySpan<byte> bytes)
    {
        const int typeAt = 12;
        int at = typeAt;
        for (; bytes.Length > at + 2; at += 4)
        {
            int type = Short(bytes, at), version = bytes[at + 2] >> 4;
            if (type is 0x8100 or 0x88A8 or 0x9100) continue;
            bool isLlc = type is > 0 and <= 1500 && bytes.Length > at + 4 && bytes[at + 2] == 0xAA && bytes[at + 3] == 0xAA
                && bytes[at + 4] == 3;
            return isLlc || type switch
            {
                0x0800 => version == 4,
                0x86DD => version == 6,
                0x0806 or 0x8847 or 0x8848 or 0x8864 => true,
                _ => false,
            };
        }

        return false;
    }
}
