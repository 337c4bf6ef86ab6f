namespace NetProfiler.Capture.Packets;

/// <summary>What the bytes of a packet are, from here on: a header that is read, or the reason why reading ends.</summary>
internal enum PacketLayer : byte
{
    /// <summary>A TCP segment; reading succeeded.</summary>
    Tcp,

    /// <summary>Another protocol, which carries no TCP.</summary>
    NotTcp,

    /// <summary>Part of an IP packet.</summary>
    Fragment,

    /// <summary>Cut within a header, or with lengths that contradict each other.</summary>
    Malformed,

    UnknownLink,

    /// <summary>More headers than <see cref="PacketLayers.MaxHeaders"/>.</summary>
    TooDeep,

    // Carriers of other packets that are not read.
    Esp,
    Macsec,
    L2tp,
    UnreadPpp,
    UnreadGre,
    UnreadGeneve,
    UnreadVxlan,
    UnreadMpls,
    UnreadGtp,
    Nsh,
    ProviderBackbone,

    // Headers that are read.
    Ethernet,
    Tag,
    Llc,
    Pppoe,
    Ppp,
    Mpls,
    Ip,
    IPv4,
    IPv6,
    EtherIp,
    Udp,
    Gre,
    Vxlan,
    Geneve,
    Gtp,
}
