using System.Buffers.Binary;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Packets;

/// <summary>A pcapng file (draft-ietf-opsawg-pcapng): sections of blocks, each section in its own byte order.</summary>
internal sealed class PcapNgFile(WindowReader reader) : IPacketFile
{
    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint InterfaceDescription = 1;
    private const uint ObsoletePacket = 2;
    private const uint SimplePacket = 3;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const uint ByteOrderMagic = 0x1A2B3C4D;

    /// <summary>Type and length before a block's content, and length after it.</summary>
    private const int FrameBytes = 12;

    /// <summary>Maximum length of blocks that are read; blocks of unknown types may be longer, and are skipped.</summary>
    private const int MaxBlockBytes = PacketLimits.MaxPacketBytes + 65_536;

    private const int MaxInterfaces = 4096;

    private readonly List<PcapNgInterface> _interfaces = [];
    private bool _isBigEndian;
    private long _latestNanoseconds;

    public string? Fault { get; private set; }

    public long Dropped { get; private set; }

    public static bool IsMagic(ReadOnlySpan<byte> four) => BinaryPrimitives.ReadUInt32BigEndian(four) == SectionHeader;

    public bool TryRead(out Packet packet)
    {
        packet = default;
        while (Fault is null && !reader.IsAtEnd)
        {
            long position = reader.Position;
            if (!reader.TryPeek(FrameBytes, out var start)) return Fail($"ends within a block's header, at byte {position}");
            if (BinaryPrimitives.ReadUInt32BigEndian(start) == SectionHeader && !TryBeginSection(start[8..]))
                return Fail($"damaged at byte {position}: no byte order");

            uint type = Number(start), length = Number(start[4..]);
            if (length < FrameBytes || length % 4 != 0) return Fail($"damaged at byte {position}: a block of {length} bytes");
            if (!IsRead(type))
            {
                if (!reader.TrySkip(length)) return Fail($"ends within a block, at byte {position}");
                continue;
            }

            if (length > MaxBlockBytes) return Fail($"damaged at byte {position}: a block of {length} bytes");
            if (!reader.TryRead((int)length, out var block)) return Fail($"ends within a block, at byte {position}");
            if (Number(block[^4..]) != length) return Fail($"damaged at byte {position}: a block's lengths differ");
            if (TryReadBlock(type, block[8..^4], out packet)) return true;
            if (Fault is not null) return Fail($"damaged at byte {position}: {Fault}");
        }

        return false;
    }

    private static bool IsRead(uint type) =>
        type is SectionHeader or InterfaceDescription or ObsoletePacket or SimplePacket or InterfaceStatistics or EnhancedPacket;

    private bool Fail(string fault)
    {
        Fault = fault;
        return false;
    }

    private bool TryBeginSection(ReadOnlySpan<byte> magic)
    {
        _isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(magic) == ByteOrderMagic;
        _interfaces.Clear();
        return _isBigEndian || BinaryPrimitives.ReadUInt32LittleEndian(magic) == ByteOrderMagic;
    }

    private bool TryReadBlock(uint type, ReadOnlySpan<byte> body, out Packet packet)
    {
        packet = default;
        switch (type)
        {
            case SectionHeader:
                if (body.Length < 16) return Fail("a section header that is too short");
                return Short(body[4..]) == 1 ? false : Fail($"pcapng version {Short(body[4..])}, and only 1 is known");
            case InterfaceDescription:
                return ReadInterface(body);
            case EnhancedPacket:
                if (body.Length < 20) return Fail("a packet block that is too short");
                return TryReadPacket(Number(body), Number(body[4..]), Number(body[8..]), Number(body[12..]), Number(body[16..]), body[20..],
                    out packet);
            case ObsoletePacket:
                if (body.Length < 20) return Fail("a packet block that is too short");
                return TryReadPacket(Short(body), Number(body[4..]), Number(body[8..]), Number(body[12..]), Number(body[16..]), body[20..],
                    out packet);
            case SimplePacket:
                return TryReadSimple(body, out packet);
            default:
                ReadStatistics(body);
                return false;
        }
    }

    private bool ReadInterface(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8) return Fail("an interface block that is too short");
        if (_interfaces.Count == MaxInterfaces) return Fail($"more than {MaxInterfaces} interfaces");
        var one = new PcapNgInterface(Short(body), Number(body[4..]));
        var options = body[8..];
        while (TryReadOption(ref options, out int code, out var value))
        {
            if (code == 9 && value.Length >= 1) one = one with { Resolution = value[0] };
            if (code == 14 && value.Length >= 8) one = one with { OffsetSeconds = (long)Long(value) };
        }

        _interfaces.Add(one);
        return false;
    }

    private bool TryReadPacket(uint number, uint timeHigh, uint timeLow, uint captured, uint wire, ReadOnlySpan<byte> data,
        out Packet packet)
    {
        packet = default;
        if (number >= _interfaces.Count) return Fail($"a packet of interface {number}, which was not described");
        if (captured > data.Length) return Fail($"a packet of {captured} bytes in a block of {data.Length}");
        var one = _interfaces[(int)number];
        _latestNanoseconds = one.NanosecondsOf((ulong)timeHigh << 32 | timeLow);
        packet = new Packet
        {
            LinkType = one.LinkType, TimeNanoseconds = _latestNanoseconds, Bytes = data[..(int)captured],
            WireLength = (int)uint.Clamp(wire, captured, int.MaxValue),
        };
        return true;
    }

    // A simple packet block does not contain a time.
    private bool TryReadSimple(ReadOnlySpan<byte> body, out Packet packet)
    {
        packet = default;
        if (body.Length < 4) return Fail("a packet block that is too short");
        if (_interfaces.Count == 0) return Fail("a packet before its interface was described");
        uint wire = Number(body);
        uint limit = _interfaces[0].SnapLength == 0 ? uint.MaxValue : _interfaces[0].SnapLength;
        int captured = (int)uint.Min(uint.Min(wire, limit), (uint)(body.Length - 4));
        packet = new Packet
        {
            LinkType = _interfaces[0].LinkType, TimeNanoseconds = _latestNanoseconds, Bytes = body.Slice(4, captured),
            WireLength = (int)uint.Min(wire, int.MaxValue),
        };
        return true;
    }

    // Written when the capture ends: the number of missed packets since its start.
    private void ReadStatistics(ReadOnlySpan<byte> body)
    {
        if (body.Length < 12) return;
        var options = body[12..];
        while (TryReadOption(ref options, out int code, out var value))
        {
            if (code == 5 && value.Length >= 8) Dropped += (long)ulong.Min(Long(value), int.MaxValue);
        }
    }

    private bool TryReadOption(ref ReadOnlySpan<byte> options, out int code, out ReadOnlySpan<byte> value)
    {
        code = 0;
        value = default;
        if (options.Length < 4) return false;
        code = Short(options);
        int length = Short(options[2..]);
        int padded = (length + 3) & ~3;
        if (code == 0 || options.Length - 4 < padded) return false;
        value = options.Slice(4, length);
        options = options[(4 + padded)..];
        return true;
    }

    private ushort Short(ReadOnlySpan<byte> two) =>
        _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(two) : BinaryPrimitives.ReadUInt16LittleEndian(two);

    private uint Number(ReadOnlySpan<byte> four) =>
        _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(four) : BinaryPrimitives.ReadUInt32LittleEndian(four);

    private ulong Long(ReadOnlySpan<byte> eight) =>
        _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(eight) : BinaryPrimitives.ReadUInt64LittleEndian(eight);
}

/// <param name="SnapLength">Maximum number of bytes captured per packet; 0 if unlimited.</param>
internal readonly record struct PcapNgInterface(int LinkType, uint SnapLength)
{
    private const byte Microseconds = 6;

    /// <summary>Option if_tsresol: a power of 2 if the highest bit is set, otherwise a power of 10.</summary>
    public byte Resolution { get; init; } = Microseconds;

    /// <summary>Option if_tsoffset.</summary>
    public long OffsetSeconds { get; init; }

    /// <summary>Nanoseconds since 1970; a time out of range is clamped.</summary>
    public long NanosecondsOf(ulong units)
    {
        UInt128 time = units;
        int exponent = Resolution & 0x7F;
        if ((Resolution & 0x80) != 0) time = exponent > 100 ? 0 : time * 1_000_000_000 >> exponent;
        else for (int digit = int.Min(exponent, 40); digit != 9; digit += digit < 9 ? 1 : -1) time = digit < 9 ? time * 10 : time / 10;

        var sum = (Int128)UInt128.Min(time, long.MaxValue) + (Int128)OffsetSeconds * 1_000_000_000;
        return (long)Int128.Clamp(sum, 0, long.MaxValue / 2);
    }
}
