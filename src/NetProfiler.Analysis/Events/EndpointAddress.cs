using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace NetProfiler.Analysis.Events;

public enum EndpointKind : byte
{
    Unix = 1,
    IPv4 = 2,
    IPv6 = 10,
}

/// <summary>An address and port as a value: comparable, without allocation.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EndpointAddress(EndpointKind Kind, UInt128 Bits, ushort Port)
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    public static EndpointAddress IPv4(ReadOnlySpan<byte> address, ushort port) =>
        new(EndpointKind.IPv4, BinaryPrimitives.ReadUInt32BigEndian(address), port);

    /// <summary>Converts an IPv4-mapped address to the IPv4 address (RFC 4291, section 2.5.5.2).</summary>
    public static EndpointAddress IPv6(ReadOnlySpan<byte> address, ushort port)
    {
        var bits = BinaryPrimitives.ReadUInt128BigEndian(address);
        return bits >> 32 == MappedPrefix >> 32
            ? new(EndpointKind.IPv4, (uint)bits, port)
            : new(EndpointKind.IPv6, bits, port);
    }

    public static EndpointAddress Unix => new(EndpointKind.Unix, 0, 0);

    public bool Equals(EndpointAddress other) => Bits == other.Bits && Port == other.Port && Kind == other.Kind;

    public override int GetHashCode() => HashCode.Combine((ulong)(Bits >> 64), (ulong)Bits, ((uint)Kind << 16) | Port);

    /// <summary>127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback => Kind == EndpointKind.IPv4 ? Bits >> 24 == 127 : Kind == EndpointKind.IPv6 && Bits == 1;

    /// <summary>The address without the port.</summary>
    public string Host() => Kind == EndpointKind.Unix ? "unix" : Address().ToString();

    public override string ToString() => Kind switch
    {
        EndpointKind.Unix => "unix",
        EndpointKind.IPv6 => $"[{Address()}]:{Port}",
        _ => $"{Address()}:{Port}",
    };

    private IPAddress Address()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return new IPAddress(Kind == EndpointKind.IPv4 ? bytes[12..] : bytes);
    }
}
