namespace NetProfiler.Capture.Packets;

/// <summary>Counters of the packets of a capture that were left out, by reason.</summary>
internal sealed class PacketStatistics
{
    public long Packets;

    /// <summary>Number of packets of TCP, or of an undetermined protocol, that the capture cut.</summary>
    public long Cut;

    /// <summary>Maximum number of bytes captured of a cut packet.</summary>
    public int CutLength;

    public long KeepAlives;
    public long OutOfWindow;
    public long NotWaitedFor;
    public long AfterReset;
    public long HeldTooMuch;
    public long Evicted;
    public long UnreadSocks;

    private static readonly (PacketLayer Kind, string Reason)[] Kinds =
    [
        (PacketLayer.Fragment, "IP fragments"),
        (PacketLayer.Malformed, "cut within a header or malformed"),
        (PacketLayer.UnknownLink, "unknown link layer"),
        (PacketLayer.TooDeep, "more headers than are read"),
        (PacketLayer.Esp, "IPsec ESP"),
        (PacketLayer.Macsec, "MACsec"),
        (PacketLayer.L2tp, "L2TP"),
        (PacketLayer.UnreadPpp, "PPP, compressed, encrypted or multilink"),
        (PacketLayer.UnreadGre, "GRE with a content or header that is not read"),
        (PacketLayer.UnreadGeneve, "Geneve with a content that is not read"),
        (PacketLayer.UnreadVxlan, "VXLAN-GPE"),
        (PacketLayer.UnreadMpls, "MPLS with a content that is not recognised"),
        (PacketLayer.UnreadGtp, "GTP-U without IP"),
        (PacketLayer.Nsh, "NSH"),
        (PacketLayer.ProviderBackbone, "provider backbone bridging"),
    ];

    private readonly long[] _leftOut = new long[byte.MaxValue];

    /// <summary>Counts a packet without a readable TCP segment.</summary>
    public void CountLeftOut(PacketLayer kind) => _leftOut[(int)kind]++;

    public void CountCut(int captured)
    {
        Cut++;
        CutLength = int.Max(CutLength, captured);
    }

    public (string Reason, long Count) CutPackets =>
        ($"packets cut by the capture, which kept at most {CutLength} bytes of each (to capture whole packets: tcpdump -s 0)", Cut);

    public IEnumerable<(string Reason, long Count)> Losses =>
    [
        .. Kinds.Select(one => ($"packets left out, {one.Reason}", _leftOut[(int)one.Kind])),
        ("packets left out, far outside their connection's window", OutOfWindow),
        ("packets left out, after their connection's reset", AfterReset),
        ("times bytes were acknowledged and not captured in time", NotWaitedFor),
        ("times too much was held of a stream with a gap", HeldTooMuch),
        ("connections through a SOCKS proxy that are not read", UnreadSocks),
        ("connections let go, too many in the capture", Evicted),
    ];
}
