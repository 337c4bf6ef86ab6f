using System.Buffers.Binary;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Recordings;

/// <summary>Writes the fields of a record, in order, into a span with sufficient room.</summary>
internal ref struct RecordEncoder(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Length { get; private set; }

    public void Byte(byte value) => _target[Length++] = value;

    /// <summary>Seven bits per byte, lowest first; the eighth bit is set if more follow (LEB128).</summary>
    public void Number(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    /// <summary>Zigzag encoding: numbers near zero are short, whatever their sign.</summary>
    public void Signed(long value) => Number((ulong)(value << 1) ^ (ulong)(value >> 63));

    public void Bytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_target[Length..]);
        Length += bytes.Length;
    }

    public void Text(scoped ReadOnlySpan<byte> text)
    {
        Number((ulong)text.Length);
        Bytes(text);
    }

    public void Address(in EndpointAddress address)
    {
        Byte((byte)address.Kind);
        if (address.Kind == EndpointKind.Unix) return;
        Span<byte> bits = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bits, address.Bits);
        Bytes(address.Kind == EndpointKind.IPv4 ? bits[12..] : bits);
        Number(address.Port);
    }
}

/// <summary>
/// Reads the fields written by <see cref="RecordEncoder"/>. A missing field reads as zero or empty, and <see cref="IsWhole"/> is false.
/// </summary>
internal ref struct RecordDecoder(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;

    public int Position { get; private set; }

    public bool IsWhole { get; private set; } = true;

    public readonly bool IsAtEnd => Position == _source.Length;

    public byte Byte()
    {
        if (Position == _source.Length)
        {
            IsWhole = false;
            return 0;
        }

        return _source[Position++];
    }

    public ulong Number()
    {
        if (Position < _source.Length && _source[Position] < 0x80) return _source[Position++]; // most are small
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte one = Byte();
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80) return value;
        }

        IsWhole = false;
        return 0;
    }

    public long Signed()
    {
        ulong value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads a number of at most <paramref name="most"/>.</summary>
    public ulong Number(ulong most)
    {
        ulong value = Number();
        if (value <= most) return value;
        IsWhole = false;
        return 0;
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (_source.Length - Position < count)
        {
            IsWhole = false;
            return default;
        }

        Position += count;
        return _source.Slice(Position - count, count);
    }

    public ReadOnlySpan<byte> Text() => Bytes((int)Number(RecordingFormat.MaxRecordBytes));

    public ReadOnlySpan<byte> Rest() => Bytes(_source.Length - Position);

    public EndpointAddress Address()
    {
        switch ((EndpointKind)Byte())
        {
            case EndpointKind.Unix:
                return EndpointAddress.Unix;
            case EndpointKind.IPv4 when Bytes(4) is { Length: 4 } bits:
                return EndpointAddress.IPv4(bits, (ushort)Number(ushort.MaxValue));
            case EndpointKind.IPv6 when Bytes(16) is { Length: 16 } bits:
                return EndpointAddress.IPv6(bits, (ushort)Number(ushort.MaxValue));
            default:
                IsWhole = false;
                return EndpointAddress.Unix;
        }
    }
}
