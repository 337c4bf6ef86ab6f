using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Packets;

/// <summary>The two ends of a connection, the same for both directions, and the tunnels around its packets (0: none).</summary>
internal readonly record struct EndpointPair(EndpointAddress First, EndpointAddress Second, ulong Tunnel)
{
    public static EndpointPair Of(in TcpSegment segment, out bool isFromFirst)
    {
        isFromFirst = IsBefore(segment.Source, segment.Destination);
        return isFromFirst ? new(segment.Source, segment.Destination, segment.Tunnel)
            : new(segment.Destination, segment.Source, segment.Tunnel);
    }

    public EndpointPair WithoutTunnel => this with { Tunnel = 0 };

    public bool Equals(EndpointPair other) => First == other.First && Second == other.Second && Tunnel == other.Tunnel;

    // One call for all members: their hash codes are combined values already.
    public override int GetHashCode() => HashCode.Combine(
        (ulong)(First.Bits >> 64), (ulong)First.Bits, (ulong)(Second.Bits >> 64), (ulong)Second.Bits,
        ((ulong)First.Kind << 40) | ((ulong)Second.Kind << 32) | ((uint)First.Port << 16) | Second.Port, Tunnel);

    private static bool IsBefore(in EndpointAddress one, in EndpointAddress other)
    {
        if (one.Kind != other.Kind) return one.Kind < other.Kind;
        return one.Bits == other.Bits ? one.Port <= other.Port : one.Bits < other.Bits;
    }
}

/// <summary>A captured connection.</summary>
internal sealed class TcpConnection(EndpointPair ends, PacketStatistics statistics)
{
    public EndpointPair Ends { get; } = ends;

    /// <summary>0 until the connection was reported to the analysis.</summary>
    public ulong Id { get; set; }

    /// <summary>The stream that the first end sends.</summary>
    public TcpStream FromFirst { get; } = new(statistics);

    public TcpStream FromSecond { get; } = new(statistics);

    /// <summary>Whether the handshake was captured.</summary>
    public bool IsFromStart { get; set; }

    /// <summary>Whether the first end connected. Null if unknown.</summary>
    public bool? IsFirstClient { get; set; }

    /// <summary>Whether the first end is the profiled one. Valid once <see cref="Id"/> is set.</summary>
    public bool IsFirstLocal { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Whether the connection was closed by a reset.</summary>
    public bool IsReset { get; set; }

    /// <summary>The sender of a reset that its receiver may ignore. Null if there was none, or if the connection continued.</summary>
    public TcpStream? MaybeReset { get; set; }

    /// <summary>Never decreases, whatever the packets contain.</summary>
    public long LatestNanoseconds { get; set; }

    /// <summary>Position in the list of connections, the longest idle first.</summary>
    public LinkedListNode<TcpConnection>? Place { get; set; }

    /// <summary>The handshake with a SOCKS proxy in progress. Null if absent, or if it has ended.</summary>
    public SocksHandshake? Socks { get; set; }

    /// <summary>Other tunnels in which packets of this connection were captured. Null if there are none.</summary>
    public List<EndpointPair>? Aliases { get; set; }

    /// <summary>The next newer connection in tunnels with the same ends.</summary>
    public TcpConnection? Newer { get; set; }

    public TcpConnection? Older { get; set; }

    public Direction DirectionOf(TcpStream stream) => stream == FromFirst == IsFirstLocal ? Direction.Egress : Direction.Ingress;
}
