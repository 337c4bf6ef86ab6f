namespace NetProfiler.Capture.Packets;

/// <summary>One captured packet. <see cref="Bytes"/> is valid until the next packet is read.</summary>
internal readonly ref struct Packet
{
    /// <summary>A LINKTYPE_ value (tcpdump.org/linktypes.html).</summary>
    public required int LinkType { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public required long TimeNanoseconds { get; init; }

    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>Length on the wire; more than the length of <see cref="Bytes"/> if the capture cut the packet.</summary>
    public required int WireLength { get; init; }
}

/// <summary>A file of packets, read in order.</summary>
internal interface IPacketFile
{
    /// <summary>
    /// Reads the next packet. False if there is none; <see cref="Fault"/> distinguishes a fault from the end of the file.
    /// </summary>
    bool TryRead(out Packet packet);

    /// <summary>Why reading stopped before the end. Null if it did not.</summary>
    string? Fault { get; }

    /// <summary>Number of packets that the capturing program reports as missed.</summary>
    long Dropped { get; }
}

internal static class PacketLimits
{
    /// <summary>MAXIMUM_SNAPLEN of libpcap: a valid file does not contain longer packets.</summary>
    public const int MaxPacketBytes = 262_144;
}
