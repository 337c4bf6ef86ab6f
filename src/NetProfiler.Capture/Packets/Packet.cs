namespace NetProfiler.Capture.Packets;

/// <summary>One captured packet. <see cref="Bytes"/> is valid until the next is read.</summary>
internal readonly ref struct Packet
{
    /// <summary>A LINKTYPE_ value (tcpdump.org/linktypes.html).</summary>
    public required int LinkType { get; init; }

    /// <summary>Since 1970.</summary>
    public required long TimeNanoseconds { get; init; }

    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>As it was on the wire; more than there are bytes where the capture cut it.</summary>
    public required int WireLength { get; init; }
}

/// <summary>A file of packets, one after the other.</summary>
internal interface IPacketFile
{
    /// <summary>False: there is none, and <see cref="Fault"/> says whether that is the end.</summary>
    bool TryRead(out Packet packet);

    /// <summary>Why reading ended before the end; null: it did not.</summary>
    string? Fault { get; }

    /// <summary>Packets that the capturing program says it missed.</summary>
    long Dropped { get; }
}

internal static class PacketLimits
{
    /// <summary>MAXIMUM_SNAPLEN of libpcap: no packet of an honest file is longer.</summary>
    public const int MaxPacketBytes = 262_144;
}
