using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Packets;

/// <summary>The rest of a packet while its headers are taken off, from the outermost to the innermost.</summary>
internal ref struct PacketCursor
{
    private bool _isLimited;

    public PacketCursor(ReadOnlySpan<byte> captured, int wireLength)
    {
        Bytes = captured;
        WireLength = wireLength;
    }

    /// <summary>As far as they were captured.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Number of bytes on the wire; never fewer than <see cref="Bytes"/>.</summary>
    public int WireLength { get; private set; }

    /// <summary>Addresses of the latest IP header.</summary>
    public EndpointAddress Source { get; set; }

    public EndpointAddress Destination { get; set; }

    /// <summary>
    /// A hash of the tunnels around the packet, the same in both directions where the tunnels' identifiers are; 0: no tunnel.
    /// </summary>
    public ulong Tunnel { get; private set; }

    public readonly bool Has(int count) => Bytes.Length >= count;

    public void Skip(int count)
    {
        Bytes = Bytes[count..];
        WireLength -= count;
    }

    /// <summary>
    /// Applies the length that a header states for itself and its content. False: it is longer than the packet around it.
    /// </summary>
    /// <remarks>The outermost one may be longer: some programs write a wrong wire length for packets that they cut.</remarks>
    public bool TryLimit(int length)
    {
        if (_isLimited && length > WireLength) return false;
        _isLimited = true;
        WireLength = length;
        if (Bytes.Length > length) Bytes = Bytes[..length]; // what is behind it pads a short frame
        return true;
    }

    /// <summary>Notes a tunnel: its kind, its identifier, and the ends of the IP packet that carries it.</summary>
    public void Enter(PacketLayer kind, ulong identifier)
    {
        ulong ends = Mix(Fold(Source.Bits)) + Mix(Fold(Destination.Bits)); // a sum, so that both directions have the same
        Tunnel = Mix(Tunnel + Mix(((ulong)kind << 56) + identifier) + ends) | 1;
    }

    private static ulong Fold(UInt128 bits) => (ulong)(bits >> 64) ^ (ulong)bits;

    // The finalizer of SplitMix64.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
