using System.Buffers.Binary;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Packets;

/// <summary>A pcap file (draft-ietf-opsawg-pcap): a header, then packets, in the byte order of the writer.</summary>
internal sealed class ClassicPcapFile : IPacketFile
{
    private const int FileHeaderBytes = 24;
    private const int PacketHeaderBytes = 16;
    private const uint MicrosecondMagic = 0xA1B2C3D4;
    private const uint NanosecondMagic = 0xA1B23C4D;

    private readonly WindowReader _reader;
    private readonly bool _isBigEndian;
    private readonly int _unitNanoseconds;
    private readonly int _linkType;

    /// <exception cref="UnreadableFileException">The file ends within its header.</exception>
    public ClassicPcapFile(WindowReader reader)
    {
        _reader = reader;
        if (!reader.TryRead(FileHeaderBytes, out var header)) throw new UnreadableFileException("ends within the header of a pcap file");
        _isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(header) is MicrosecondMagic or NanosecondMagic;
        _unitNanoseconds = Number(header) == NanosecondMagic ? 1 : 1000;
        _linkType = (int)(Number(header[20..]) & 0xFFFF); // the other bits: whether a checksum follows each frame, and its length
    }

    public string? Fault { get; private set; }

    public long Dropped => 0;

    public static bool IsMagic(ReadOnlySpan<byte> four) =>
        BinaryPrimitives.ReadUInt32BigEndian(four) is MicrosecondMagic or NanosecondMagic ||
        BinaryPrimitives.ReadUInt32LittleEndian(four) is MicrosecondMagic or NanosecondMagic;

    public bool TryRead(out Packet packet)
    {
        packet = default;
        if (_reader.IsAtEnd) return false;
        long position = _reader.Position;
        if (!_reader.TryRead(PacketHeaderBytes, out var header))
        {
            Fault = $"ends within a packet's header, at byte {position}";
            return false;
        }

        long seconds = Number(header);
        long time = seconds * 1_000_000_000 + Number(header[4..]) * (long)_unitNanoseconds;
        uint captured = Number(header[8..]);
        uint wire = Number(header[12..]);
        if (captured > PacketLimits.MaxPacketBytes)
        {
            Fault = $"damaged at byte {position}: a packet of {captured} bytes";
            return false;
        }

        if (!_reader.TryRead((int)captured, out var bytes))
        {
            Fault = $"ends within a packet, at byte {position}";
            return false;
        }

        packet = new Packet
        {
            LinkType = _linkType, TimeNanoseconds = time, Bytes = bytes, WireLength = (int)uint.Clamp(wire, captured, int.MaxValue),
        };
        return true;
    }

    private uint Number(ReadOnlySpan<byte> four) =>
        _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(four) : BinaryPrimitives.ReadUInt32LittleEndian(four);
}
