using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Packets;

/// <summary>The rest of a packet while its headers are removed, from the outermost to the innermost.</summary>
internal ref struct PacketCursor
{
    private bool _isLimited;

    public PacketCursor(ReadOnlySpan<byte> captured, int wireLength)
    {
        Bytes = captured;
        WireLength = wireLength;
    }

    /// <summary>The captured part.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Number of bytes on the wire; never fewer than <see cref="Bytes"/>.</summary>
    public int WireLength { get; private set; }

    /// <summary>Addresses of the latest IP header.</summary>
    public EndpointAddress Source { get; set; }

    public EndpointAddress Destination { get; set; }

    /// <summary>
    /// A hash of the tunnels around the packet, equal in both directions if the tunnels' identifiers are; 0 if there is no tunnel.
    /// </summary>
    public ulong Tunnel { get; private set; }

    public readonly bool Has(int count) => Bytes.Length >= count;

    public void Skip(int count)
    {
        Bytes = Bytes[count..];
        WireLength -= count;
    }

    /// <summary>Applies the length that a header states for itself and its content. False if it exceeds the enclosing packet.</summary>
    /// <remarks>The outermost length may exceed it: some programs write a wrong wire length for packets that they cut.</remarks>
    public bool TryLimit(int length)
    {
        if (_isLimited && length > WireLength) return false;
        _isLimited = true;
        WireLength = length;
        if (Bytes.Length > length) Bytes = Bytes[..length]; // the bytes after it pad a short frame
        return true;
    }

    /// <summary>Records a tunnel: its kind, its identifier, and the ends of the IP packet that carries it.</summary>
    public void Enter(PacketLayer kind, ulong identifier)
    {
        ulong ends = Mix(Fold(Source.Bits)) + Mix(Fold(Destination.Bits)); // a sum, so that it is equal in both directions
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
