using System.Buffers.Binary;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>Files of packets, byte by byte as their formats have them.</summary>
internal static class CaptureFile
{
    public const int Ethernet = 1;
    public const int Raw = 101;
    public const int LinuxCooked = 113;
    public const int LinuxCooked2 = 276;
    public const int Null = 0;

    public static byte[] Classic(IEnumerable<Segment> segments, int linkType = Ethernet, bool isBigEndian = false,
        bool hasNanoseconds = false, int tags = 0,
        Func<Segment, byte[]>? framed = null)
    {
        var file = new Bytes(isBigEndian);
        file.Four(hasNanoseconds ? 0xA1B23C4D : 0xA1B2C3D4).Two(2).Two(4).Four(0).Four(0).Four(262_144).Four((uint)linkType);
        foreach (var segment in segments)
        {
            byte[] frame = framed is null ? Frame(segment, linkType, tags) : framed(segment);
            byte[] captured = frame[..int.Min(frame.Length, segment.SnapLength)];
            file.Four((uint)(segment.TimeNanoseconds / 1_000_000_000))
                .Four((uint)(segment.TimeNanoseconds % 1_000_000_000 / (hasNanoseconds ? 1 : 1000)));
            file.Four((uint)captured.Length).Four((uint)frame.Length).Raw(captured);
        }

        return file.ToArray();
    }

    /// <param name="resolution">if_tsresol: 6, 9, or 0x80 + a power of 2.</param>
    public static byte[] NextGeneration(IEnumerable<Segment> segments, int linkType = Ethernet, bool isBigEndian = false,
        byte resolution = 9, bool isSimple = false, long dropped = 0)
    {
        var file = new Bytes(isBigEndian);
        file.Raw(SectionHeader(isBigEndian));
        file.Raw(Block(isBigEndian, 0x0BAD, new Bytes(isBigEndian).Four(1).Four(2).ToArray())); // unknown, before any interface
        file.Raw(Block(isBigEndian, 1, new Bytes(isBigEndian).Two((ushort)linkType).Two(0).Four(262_144).Two(9).Two(1)
            .Raw([resolution, 0, 0, 0]).Four(0).ToArray()));
        foreach (var segment in segments)
        {
            byte[] frame = Frame(segment, linkType, 0);
            byte[] captured = frame[..int.Min(frame.Length, segment.SnapLength)];
            byte[] padding = new byte[(4 - captured.Length % 4) % 4];
            ulong units = (resolution & 0x80) != 0
                ? (ulong)(((UInt128)segment.TimeNanoseconds << (resolution & 0x7F)) / 1_000_000_000)
                : (ulong)(segment.TimeNanoseconds / (long)Math.Pow(10, 9 - resolution));
            var body = isSimple ? new Bytes(isBigEndian).Four((uint)frame.Length)
                : new Bytes(isBigEndian).Four(0).Four((uint)(units >> 32)).Four((uint)units).Four((uint)captured.Length)
                    .Four((uint)frame.Length);
            file.Raw(Block(isBigEndian, isSimple ? 3u : 6u, body.Raw(captured).Raw(padding).ToArray()));
        }

        if (dropped > 0)
            file.Raw(Block(isBigEndian, 5, new Bytes(isBigEndian).Four(0).Four(0).Four(0).Two(5).Two(8).Eight((ulong)dropped).Four(0)
                .ToArray()));
        return file.ToArray();
    }

    private static byte[] SectionHeader(bool isBigEndian) =>
        Block(isBigEndian, 0x0A0D0D0A, new Bytes(isBigEndian).Four(0x1A2B3C4D).Two(1).Two(0).Four(uint.MaxValue).Four(uint.MaxValue)
            .ToArray());

    private static byte[] Block(bool isBigEndian, uint type, byte[] body) =>
        new Bytes(isBigEndian).Four(type).Four((uint)(body.Length + 12)).Raw(body).Four((uint)(body.Length + 12)).ToArray();

    private static byte[] Frame(Segment segment, int linkType, int tags)
    {
        byte[] ip = segment.ToIp();
        ushort type = ip[0] >> 4 == 4 ? (ushort)0x0800 : (ushort)0x86DD;
        var frame = new Bytes(isBigEndian: true);
        switch (linkType)
        {
            case Ethernet:
                frame.Raw(new byte[12]);
                for (int i = 0; i < tags; i++) frame.Two(i == 0 && tags > 1 ? (ushort)0x88A8 : (ushort)0x8100).Two(42);
                frame.Two(type);
                break;
            case LinuxCooked:
                frame.Raw(new byte[14]).Two(type);
                break;
            case LinuxCooked2:
                frame.Two(type).Raw(new byte[18]);
                break;
            case Null:
                frame.Raw([(byte)(ip[0] >> 4 == 4 ? 2 : 30), 0, 0, 0]);
                break;
        }

        // Ethernet pads what is short; the packet's own length says how much of it counts.
        byte[] padding = linkType == Ethernet ? new byte[int.Max(0, 60 - frame.Length - ip.Length)] : [];
        return frame.Raw(ip).Raw(padding).ToArray();
    }

    private sealed class Bytes(bool isBigEndian)
    {
        private readonly List<byte> _bytes = [];

        public int Length => _bytes.Count;

        public Bytes Two(ushort value) => Put(2, value);

        public Bytes Four(uint value) => Put(4, value);

        public Bytes Eight(ulong value) => Put(8, value);

        public Bytes Raw(byte[] bytes)
        {
            _bytes.AddRange(bytes);
            return this;
        }

        public byte[] ToArray() => [.. _bytes];

        private Bytes Put(int length, ulong value)
        {
            var bytes = new byte[8];
            if (isBigEndian) BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            else BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            return Raw(isBigEndian ? bytes[(8 - length)..] : bytes[..length]);
        }
    }
}
