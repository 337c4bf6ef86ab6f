using System.Buffers.Binary;
using System.Net;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>Headers of tunnels, byte by byte as their specifications have them.</summary>
internal static class Encapsulation
{
    private static readonly byte[] ClientStation = [0x02, 0, 0, 0, 0, 2];
    private static readonly byte[] ServerStation = [0x02, 0, 0, 0, 0, 1];

    /// <summary>Labels of IP, of Ethernet with a control word, of Ethernet without one.</summary>
    public const int IpLabel = 77, ControlWordLabel = 78, EthernetLabel = 79;

    /// <summary>Every encapsulation that is read, as an Ethernet frame around a segment.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Segment, byte[]>> All = new Dictionary<string, Func<Segment, byte[]>>
    {
        ["VXLAN"] = one => Vxlan(one, 42),
        ["VXLAN on the port of Linux"] = one =>
            Ether(one, OuterIPv4(one, 17, Datagram(8472, [8, 0, 0, 0, 0, 0, 42, 0, .. Ether(one, one.ToIp())]))),
        ["VXLAN with a group policy"] = one =>
            Ether(one, OuterIPv4(one, 17, Datagram(4789, [0x88, 0, 0, 7, 0, 0, 42, 0, .. Ether(one, one.ToIp())]))),
        ["VXLAN over IPv6"] = one => Ether(one, OuterIPv6(one, 17, Datagram(4789, [8, 0, 0, 0, 0, 0, 42, 0, .. Ether(one, one.ToIp())]))),
        ["VXLAN, tags inside and outside"] = one =>
            Tagged(Ether(one, OuterIPv4(one, 17, Datagram(4789, [8, 0, 0, 0, 0, 0, 42, 0, .. Tagged(Ether(one, one.ToIp()), 0x8100, 5)]))),
            0x8100, 9),
        ["two VXLANs"] = one => Ether(one, OuterIPv4(one, 17, Datagram(4789, [8, 0, 0, 0, 0, 0, 1, 0, .. Vxlan(one, 42)]))),
        ["Geneve"] = one => Ether(one, OuterIPv4(one, 17, Datagram(6081, [0, 0, 0x65, 0x58, 0, 0, 42, 0, .. Ether(one, one.ToIp())]))),
        ["Geneve with options"] = one => Ether(one,
            OuterIPv4(one, 17, Datagram(6081, [4, 0x40, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 0x83, 1, 1, 2, 3, 4, 1, 2, 3, 1, 5, 6, 7, 8,
            .. Ether(one, one.ToIp())]))),
        ["Geneve with IP"] = one => Ether(one,
            OuterIPv4(one, 17, Datagram(6081, [0, 0, .. IpType(one.ToIp()), 0, 0, 42, 0, .. one.ToIp()]))),
        ["GRE"] = one => Gre(one, [0, 0, .. IpType(one.ToIp())], one.ToIp()),
        ["GRE with a key"] = one => Gre(one, [0x20, 0, .. IpType(one.ToIp()), 0, 0, 0, 42], one.ToIp()),
        ["GRE with everything"] = one => Gre(one, [0xB0, 0, .. IpType(one.ToIp()), 1, 2, 0, 0, 0, 0, 0, 42, 0, 0, 0, 1], one.ToIp()),
        ["GRE over IPv6"] = one => Ether(one, OuterIPv6(one, 47, [0, 0, .. IpType(one.ToIp()), .. one.ToIp()])),
        ["GRE with Ethernet"] = one => Gre(one, [0x20, 0, 0x65, 0x58, 0, 0, 42, 0], Ether(one, one.ToIp())),
        ["PPTP"] = one => Gre(one, [0x30, 0x81, 0x88, 0x0B, .. Two(one.ToIp().Length + 4), .. Two(one.FromClient ? 7 : 8), 0, 0, 0, 1, 0, 0,
            0, 1], [0xFF, 3, .. PppType(one.ToIp()), .. one.ToIp()]),
        ["ERSPAN I"] = one => Gre(one, [0, 0, 0x88, 0xBE], Ether(one, one.ToIp())),
        ["ERSPAN II"] = one => Gre(one, [0x10, 0, 0x88, 0xBE, 0, 0, 0, 1], [0x10, 5, 0, 42, 0, 0, 0, 0, .. Ether(one, one.ToIp())]),
        ["ERSPAN III"] = one => Gre(one, [0x10, 0, 0x22, 0xEB, 0, 0, 0, 1],
            [0x20, 5, 0, 42, 1, 2, 3, 4, 0, 0, 0, 0, .. Ether(one, one.ToIp())]),
        ["ERSPAN III with a platform's header"] = one =>
            Gre(one, [0x10, 0, 0x22, 0xEB, 0, 0, 0, 1],
            [0x20, 5, 0, 42, 1, 2, 3, 4, 0, 0, 0, 1, 0x0C, 0, 0, 0, 0, 0, 0, 0, .. Ether(one, one.ToIp())]),
        ["IPv4 in IPv4"] = one => Ether(one, OuterIPv4(one, IpProtocol(one.ToIp()), one.ToIp())),
        ["IP in IPv6"] = one => Ether(one, OuterIPv6(one, IpProtocol(one.ToIp()), one.ToIp())),
        ["IP in IPv4 with an authentication header"] = one =>
            Ether(one, OuterIPv4(one, 51, [IpProtocol(one.ToIp()), 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, .. new byte[12], .. one.ToIp()])),
        ["IP in IP in IP"] = one => Ether(one, OuterIPv6(one, 4, OuterIPv4(one, IpProtocol(one.ToIp()), one.ToIp()))),
        ["EtherIP"] = one => Ether(one, OuterIPv4(one, 97, [0x30, 0, .. Ether(one, one.ToIp())])),
        ["PPPoE"] = one => Pppoe(one, [.. PppType(one.ToIp()), .. one.ToIp()]),
        ["PPPoE with a compressed protocol"] = one => Pppoe(one, [PppType(one.ToIp())[1], .. one.ToIp()]),
        ["MPLS"] = one => Ether(one, [.. MplsLabels(IpLabel), .. one.ToIp()], 0x8847),
        ["MPLS, Ethernet with a control word"] = one =>
            Ether(one, [.. MplsLabels(ControlWordLabel), 0, 0, 0, 9, .. Ether(one, one.ToIp())], 0x8847),
        ["MPLS, Ethernet without a control word"] = one => Ether(one, [.. MplsLabels(EthernetLabel), .. Ether(one, one.ToIp())], 0x8847),
        ["MPLS, tagged Ethernet, address like IPv6"] = one =>
            Ether(one, [.. MplsLabels(EthernetLabel), .. Tagged([0x60, .. Ether(one, one.ToIp())[1..]], 0x8100, 5)], 0x8847),
        ["MPLS, Ethernet, address like IPv4"] = one =>
            Ether(one, [.. MplsLabels(EthernetLabel), 0x46, .. Ether(one, one.ToIp())[1..]], 0x8847),
        ["MPLS in IP"] = one => Ether(one, OuterIPv4(one, 137, [.. MplsLabels(IpLabel), .. one.ToIp()])),
        ["SNAP"] = one => Snap(one),
        ["SNAP behind a tag"] = one => Tagged(Snap(one), 0x8100, 5),
        ["GTP-U"] = one => Gtp(one, 0x30, [], one.ToIp()),
        ["GTP-U with a number"] = one => Gtp(one, 0x32, [0, 9, 0, 0], one.ToIp()),
        ["GTP-U with extension headers"] = one => Gtp(one, 0x34, [0, 0, 0, 0x85, 1, 0x10, 9, 0xC0, 2, 0, 1, 2, 3, 4, 5, 0], one.ToIp()),
        ["QinQ"] = one => Tagged(Tagged(Ether(one, one.ToIp()), 0x8100, 5), 0x88A8, 9),
    };

    public static byte[] Vxlan(Segment one, int network) =>
        Ether(one, OuterIPv4(one, 17, Datagram(4789, [8, 0, 0, 0, 0, .. Two(network), 0, .. Ether(one, one.ToIp())])));

    public static byte[] Gre(Segment one, byte[] header, byte[] content) => Ether(one, OuterIPv4(one, 47, [.. header, .. content]));

    /// <summary>Each direction has a tunnel of its own.</summary>
    public static byte[] Gtp(Segment one, byte flags, byte[] options, byte[] content, int subscriber = 1) =>
        Ether(one, OuterIPv4(one, 17, Datagram(2152,
            [flags, 255, .. Two(options.Length + content.Length), 0, 0, (byte)subscriber, (byte)(one.FromClient ? 1 : 2), .. options,
            .. content])));

    public static byte[] Pppoe(Segment one, byte[] content) => Ether(one, [0x11, 0, 0, 42, .. Two(content.Length), .. content], 0x8864);

    public static byte[] Ether(Segment one, byte[] content, int type = 0)
    {
        var (from, to) = one.FromClient ? (ClientStation, ServerStation) : (ServerStation, ClientStation);
        return [.. to, .. from, .. type == 0 ? IpType(content) : Two(type), .. content];
    }

    public static byte[] OuterIPv4(Segment one, byte protocol, byte[] content, int fragment = 0)
    {
        var (from, to) = one.FromClient ? ("192.0.2.2", "192.0.2.1") : ("192.0.2.1", "192.0.2.2");
        return [0x45, 0, .. Two(20 + content.Length), 0, 0, .. Two(fragment), 64, protocol, 0, 0,
            .. IPAddress.Parse(from).GetAddressBytes(), .. IPAddress.Parse(to).GetAddressBytes(), .. content];
    }

    public static byte[] OuterIPv6(Segment one, byte next, byte[] content)
    {
        var (from, to) = one.FromClient ? ("2001:db8::2", "2001:db8::1") : ("2001:db8::1", "2001:db8::2");
        return [0x60, 0, 0, 0, .. Two(content.Length), next, 64, .. IPAddress.Parse(from).GetAddressBytes(),
            .. IPAddress.Parse(to).GetAddressBytes(), .. content];
    }

    public static byte[] Datagram(int port, byte[] content) => [.. Two(50_000), .. Two(port), .. Two(8 + content.Length), 0, 0, .. content];

    public static byte[] Tagged(byte[] frame, int type, int network) => [.. frame[..12], .. Two(type), .. Two(network), .. frame[12..]];

    private static byte[] MplsLabels(int last) => [.. MplsEntry(1000, isLast: false), .. MplsEntry(last, isLast: true)];

    public static byte[] MplsEntry(int label, bool isLast)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ((uint)label << 12) | (isLast ? 0x100u : 0) | 64);
        return bytes;
    }

    public static byte[] IpType(byte[] ip) => ip[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xDD];

    private static byte[] PppType(byte[] ip) => ip[0] >> 4 == 4 ? [0, 0x21] : [0, 0x57];

    private static byte IpProtocol(byte[] ip) => ip[0] >> 4 == 4 ? (byte)4 : (byte)41;

    private static byte[] Snap(Segment one)
    {
        byte[] content = [0xAA, 0xAA, 3, 0, 0, 0, .. IpType(one.ToIp()), .. one.ToIp()];
        return Ether(one, content, content.Length);
    }

    private static byte[] Two(int value) => [(byte)(value >> 8), (byte)value];
}
