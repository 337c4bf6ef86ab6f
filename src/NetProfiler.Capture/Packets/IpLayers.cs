using NetProfiler.Analysis.Events;
using static NetProfiler.Capture.Packets.PacketLayers;

namespace NetProfiler.Capture.Packets;

/// <summary>IP headers, extension headers, and the protocols that they carry.</summary>
internal static class IpLayers
{
    private const int IPv6Bytes = 40;
    private const int MaxExtensions = 16;

    private const int HopByHop = 0, UdpProtocol = 17, Routing = 43, Fragment = 44, Authentication = 51, Destinations = 60, Mobility = 135,
        HostIdentity = 139, Shim6 = 140;

    /// <summary>Selects the version that the header states.</summary>
    public static PacketLayer Any(in PacketCursor cursor) => cursor.Bytes.IsEmpty ? PacketLayer.Malformed : (cursor.Bytes[0] >> 4) switch
    {
        4 => PacketLayer.IPv4,
        6 => PacketLayer.IPv6,
        _ => PacketLayer.NotTcp,
    };

    // RFC 791, section 3.1.
    public static PacketLayer IPv4(ref PacketCursor cursor)
    {
        var data = cursor.Bytes;
        if (data.Length < 20 || data[0] >> 4 != 4) return PacketLayer.Malformed;
        int header = (data[0] & 15) * 4;
        int total = Short(data, 2);
        if (total == 0) total = cursor.WireLength; // the network card fills in the length, and the length exceeds the field
        if (header < 20 || total < header) return PacketLayer.Malformed;
        int protocol = data[9], fragment = Short(data, 6) & 0x3FFF;
        if (!Carries(protocol)) return PacketLayer.NotTcp;
        if (data.Length < header || !cursor.TryLimit(total)) return PacketLayer.Malformed;
        cursor.Skip(header);
        if (fragment != 0) return OfFragment(protocol, isFirst: (fragment & 0x1FFF) == 0, cursor.Bytes);
        Note(ref cursor, EndpointAddress.IPv4(data.Slice(12, 4), 0), EndpointAddress.IPv4(data.Slice(16, 4), 0));
        return protocol == Authentication ? Extensions(ref cursor, protocol) : Enter(ref cursor, protocol);
    }

    // RFC 8200, section 3.
    public static PacketLayer IPv6(ref PacketCursor cursor)
    {
        var data = cursor.Bytes;
        if (data.Length < IPv6Bytes || data[0] >> 4 != 6) return PacketLayer.Malformed;
        int payload = Short(data, 4);
        if (!cursor.TryLimit(payload == 0 ? cursor.WireLength : IPv6Bytes + payload)) return PacketLayer.Malformed;
        cursor.Skip(IPv6Bytes);
        Note(ref cursor, EndpointAddress.IPv6(data.Slice(8, 16), 0), EndpointAddress.IPv6(data.Slice(24, 16), 0));
        return Extensions(ref cursor, data[6]);
    }

    // RFC 8200, section 4; RFC 4302, section 2.
    private static PacketLayer Extensions(ref PacketCursor cursor, int next)
    {
        for (int i = 0; IsExtension(next); i++)
        {
            if (i == MaxExtensions) return PacketLayer.TooDeep;
            if (!cursor.Has(8)) return PacketLayer.Malformed;
            var data = cursor.Bytes;
            int following = data[0];
            int length = next switch { Fragment => 8, Authentication => (data[1] + 2) * 4, _ => (data[1] + 1) * 8 };
            int fragment = next == Fragment ? Short(data, 2) & 0xFFF9 : 0;
            if (!cursor.Has(length)) return PacketLayer.Malformed;
            cursor.Skip(length);
            if (fragment != 0) return OfFragment(following, isFirst: (fragment & 0xFFF8) == 0, cursor.Bytes);
            next = following;
        }

        return Enter(ref cursor, next);
    }

    private static bool IsExtension(int next) =>
        next is HopByHop or Routing or Fragment or Authentication or Destinations or Mobility or HostIdentity or Shim6;

    private static bool Carries(int protocol) => protocol == Authentication || OfProtocol(protocol) != PacketLayer.NotTcp;

    // Only the first fragment of a datagram contains its port; it is counted for all.
    private static PacketLayer OfFragment(int protocol, bool isFirst, ReadOnlySpan<byte> data)
    {
        if (protocol == UdpProtocol && (!isFirst || data.Length < 4 || OfUdpPort(Short(data, 2)) == PacketLayer.NotTcp))
            return PacketLayer.NotTcp;
        return Carries(protocol) || IsExtension(protocol) ? PacketLayer.Fragment : PacketLayer.NotTcp;
    }

    private static void Note(ref PacketCursor cursor, in EndpointAddress source, in EndpointAddress destination)
    {
        cursor.Source = source;
        cursor.Destination = destination;
    }

    private static PacketLayer Enter(ref PacketCursor cursor, int protocol)
    {
        var layer = OfProtocol(protocol);
        if (layer is PacketLayer.IPv4 or PacketLayer.IPv6) cursor.Enter(layer, 0);
        return layer;
    }
}
