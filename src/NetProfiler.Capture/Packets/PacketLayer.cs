namespace NetProfiler.Capture.Packets;

/// <summary>The type of the next bytes of a packet: a header to read, or the reason why reading ends.</summary>
internal enum PacketLayer : byte
{
    /// <summary>A TCP segment; reading succeeded.</summary>
    Tcp,

    /// <summary>Another protocol, which does not carry TCP.</summary>
    NotTcp,

    /// <summary>A fragment of an IP packet.</summary>
    Fragment,

    /// <summary>Cut within a header, or with contradictory lengths.</summary>
    Malformed,

    UnknownLink,

    /// <summary>More headers than <see cref="PacketLayers.MaxHeaders"/>.</summary>
    TooDeep,

    // Encapsulations that are not supported.
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

    // Headers that are supported.
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
