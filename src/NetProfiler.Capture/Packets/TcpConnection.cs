using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Packets;

/// <summary>The two ends of a connection, the same whoever speaks, and the tunnels around its packets (0: none).</summary>
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

    // One call for all: the hash codes of the members are combined values already.
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

    /// <summary>0 until analysis heard of it.</summary>
    public ulong Id { get; set; }

    /// <summary>What the first of the ends sends, and what it receives.</summary>
    public TcpStream FromFirst { get; } = new(statistics);

    public TcpStream FromSecond { get; } = new(statistics);

    /// <summary>Its handshake was seen.</summary>
    public bool IsFromStart { get; set; }

    /// <summary>Whether the first of the ends connected; null: not known.</summary>
    public bool? IsFirstClient { get; set; }

    /// <summary>Whether the first of the ends is the profiled one. Since <see cref="Id"/> is set.</summary>
    public bool IsFirstLocal { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>It was closed by a reset.</summary>
    public bool IsReset { get; set; }

    /// <summary>A reset came that may not be one to its receiver: who sent it. Null: none, or the connection went on.</summary>
    public TcpStream? MaybeReset { get; set; }

    /// <summary>Never goes back, whatever the packets say.</summary>
    public long LatestNanoseconds { get; set; }

    /// <summary>Its place among the connections, the one longest silent first.</summary>
    public LinkedListNode<TcpConnection>? Place { get; set; }

    /// <summary>
    /// It began as connections through a SOCKS proxy do, and how it goes on is not decided yet; null: it did not, or it is decided.
    /// </summary>
    public SocksHandshake? Socks { get; set; }

    /// <summary>Other tunnels in which packets of this connection were captured; null: none.</summary>
    public List<EndpointPair>? Aliases { get; set; }

    /// <summary>Neighbours among the connections in tunnels with the same ends, the latest first.</summary>
    public TcpConnection? Newer { get; set; }

    public TcpConnection? Older { get; set; }

    public Direction DirectionOf(TcpStream stream) => stream == FromFirst == IsFirstLocal ? Direction.Egress : Direction.Ingress;
}
