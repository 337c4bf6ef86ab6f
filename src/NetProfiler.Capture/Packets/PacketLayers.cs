using System.Buffers.Binary;

namespace NetProfiler.Capture.Packets;

/// <summary>Removes the headers of a packet until its TCP segment is found, through any tunnels.</summary>
internal static class PacketLayers
{
    /// <summary>Maximum number of headers read per packet; extension headers and labels have limits of their own.</summary>
    public const int MaxHeaders = 32;

    private const PacketLayer FirstHeader = PacketLayer.Ethernet;

    /// <summary>Tcp if the cursor is at a TCP header. Any other value is the reason why there is none.</summary>
    public static PacketLayer FindTcp(int linkType, ref PacketCursor cursor)
    {
        var layer = LinkLayers.Begin(linkType, ref cursor);
        int headers = 0;

        // Fast path for the most common packet.
        if (layer == PacketLayer.Ethernet)
        {
            layer = LinkLayers.Ethernet(ref cursor);
            headers++;
        }

        if (layer == PacketLayer.IPv4)
        {
            layer = IpLayers.IPv4(ref cursor);
            headers++;
        }

        for (; layer >= FirstHeader; headers++)
        {
            if (headers == MaxHeaders) return PacketLayer.TooDeep;
            layer = layer switch
            {
                PacketLayer.Ethernet => LinkLayers.Ethernet(ref cursor),
                PacketLayer.Tag => LinkLayers.Tag(ref cursor),
                PacketLayer.Llc => LinkLayers.Llc(ref cursor),
                PacketLayer.Pppoe => LinkLayers.Pppoe(ref cursor),
                PacketLayer.Ppp => LinkLayers.Ppp(ref cursor),
                PacketLayer.Mpls => MplsLayer.Read(ref cursor),
                PacketLayer.Ip => IpLayers.Any(cursor),
                PacketLayer.IPv4 => IpLayers.IPv4(ref cursor),
                PacketLayer.IPv6 => IpLayers.IPv6(ref cursor),
                PacketLayer.EtherIp => TunnelLayers.EtherIp(ref cursor),
                PacketLayer.Udp => TunnelLayers.Udp(ref cursor),
                PacketLayer.Gre => TunnelLayers.Gre(ref cursor),
                PacketLayer.Vxlan => TunnelLayers.Vxlan(ref cursor),
                PacketLayer.Geneve => TunnelLayers.Geneve(ref cursor),
                _ => TunnelLayers.Gtp(ref cursor),
            };
        }

        return layer;
    }

    /// <summary>The layer of an EtherType (IANA, IEEE 802 numbers).</summary>
    /// <param name="otherwise">Returned for an unlisted type.</param>
    public static PacketLayer OfEtherType(int type, PacketLayer otherwise) =>
        type == 0x0800 ? PacketLayer.IPv4 : OfOtherEtherType(type, otherwise);

    private static PacketLayer OfOtherEtherType(int type, PacketLayer otherwise) => type switch
    {
        0x86DD => PacketLayer.IPv6,
        0x8100 or 0x88A8 or 0x9100 => PacketLayer.Tag, // IEEE 802.1Q, 802.1ad, and their predecessor
        0x8847 or 0x8848 => PacketLayer.Mpls,
        0x8864 => PacketLayer.Pppoe,
        0x6558 => PacketLayer.Ethernet, // transparent Ethernet bridging
        0x880B => PacketLayer.Ppp,
        0x88E5 => PacketLayer.Macsec,
        0x88E7 => PacketLayer.ProviderBackbone,
        0x894F => PacketLayer.Nsh,
        0x0000 or 0x0806 or 0x2001 or 0x8863 or 0x88CC => PacketLayer.NotTcp, // keep-alives, ARP, NHRP, PPPoE discovery, LLDP
        _ => otherwise,
    };

    /// <summary>The layer of an IP protocol number (IANA, protocol numbers).</summary>
    public static PacketLayer OfProtocol(int protocol) => protocol == 6 ? PacketLayer.Tcp : OfOtherProtocol(protocol);

    private static PacketLayer OfOtherProtocol(int protocol) => protocol switch
    {
        4 => PacketLayer.IPv4,
        41 => PacketLayer.IPv6,
        17 => PacketLayer.Udp,
        47 => PacketLayer.Gre,
        50 => PacketLayer.Esp,
        97 => PacketLayer.EtherIp,
        115 => PacketLayer.L2tp,
        137 => PacketLayer.Mpls,
        _ => PacketLayer.NotTcp,
    };

    /// <summary>The layer of a UDP destination port.</summary>
    public static PacketLayer OfUdpPort(int port) => port switch
    {
        4789 or 8472 => PacketLayer.Vxlan, // 8472: Linux before the number was assigned, and still its default
        4790 => PacketLayer.UnreadVxlan,   // the generic protocol extension
        6081 => PacketLayer.Geneve,
        2152 => PacketLayer.Gtp,
        1701 => PacketLayer.L2tp,
        _ => PacketLayer.NotTcp,
    };

    public static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    public static uint Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
