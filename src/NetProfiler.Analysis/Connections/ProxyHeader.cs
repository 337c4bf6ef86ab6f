using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>The header with which a proxy passes on the address of its client (the PROXY protocol of HAProxy, versions 1 and 2).</summary>
internal static class ProxyHeader
{
    private const int MaxTextBytes = 107;
    private const int BinaryStartBytes = 16;
    private const int MaxBinaryBytes = BinaryStartBytes + 2048;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Whether the bytes begin a PROXY header. Done if they certainly do, NeedMoreData if there are too few bytes.</summary>
    public static OperationStatus LooksLike(ReadOnlySpan<byte> bytes) => Likest(Begins(bytes, "PROXY "u8), Begins(bytes, Signature));

    /// <param name="client">Null if the proxy connects on its own behalf, or if the address has another family.</param>
    public static OperationStatus TryRead(ReadOnlySpan<byte> bytes, out EndpointAddress? client, out int length)
    {
        client = null;
        length = 0;
        return bytes.StartsWith("PROXY "u8) ? TryReadText(bytes, out client, out length) : TryReadBinary(bytes, out client, out length);
    }

    private static OperationStatus Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mark) =>
        bytes.StartsWith(mark) ? OperationStatus.Done : mark.StartsWith(bytes) ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;

    private static OperationStatus Likest(OperationStatus one, OperationStatus other) =>
        one == OperationStatus.Done || other == OperationStatus.Done ? OperationStatus.Done
            : one == OperationStatus.NeedMoreData || other == OperationStatus.NeedMoreData ? OperationStatus.NeedMoreData
                : OperationStatus.InvalidData;

    // "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443", CRLF.
    private static OperationStatus TryReadText(ReadOnlySpan<byte> bytes, out EndpointAddress? client, out int length)
    {
        client = null;
        length = bytes.IndexOf("\r\n"u8) + 2;
        if (length < 2) return bytes.Length < MaxTextBytes ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        if (length > MaxTextBytes) return OperationStatus.InvalidData;
        Span<Range> words = stackalloc Range[7];
        var line = bytes[..(length - 2)];
        Span<char> text = stackalloc char[MaxTextBytes];
        for (int i = 0; i < line.Length; i++) text[i] = (char)line[i];
        ReadOnlySpan<char> chars = text[..line.Length];
        int count = chars.Split(words, ' ');
        if (count < 2 || chars[words[1]] is "UNKNOWN") return OperationStatus.Done;
        bool isValid = count == 6 && IPAddress.TryParse(chars[words[2]], out _)
            && ushort.TryParse(chars[words[4]], CultureInfo.InvariantCulture, out _);
        if (!isValid) return OperationStatus.InvalidData;
        client = AddressOf(IPAddress.Parse(chars[words[2]]), ushort.Parse(chars[words[4]], CultureInfo.InvariantCulture));
        return OperationStatus.Done;
    }

    private static OperationStatus TryReadBinary(ReadOnlySpan<byte> bytes, out EndpointAddress? client, out int length)
    {
        client = null;
        length = 0;
        if (bytes.Length < BinaryStartBytes) return OperationStatus.NeedMoreData;
        length = BinaryStartBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (bytes[12] >> 4 != 2 || length > MaxBinaryBytes) return OperationStatus.InvalidData;
        if (bytes.Length < length) return OperationStatus.NeedMoreData;
        bool isProxied = (bytes[12] & 15) == 1;
        if (isProxied && bytes[13] >> 4 == 1 && length >= BinaryStartBytes + 12)
            client = EndpointAddress.IPv4(bytes.Slice(16, 4), BinaryPrimitives.ReadUInt16BigEndian(bytes[24..]));
        else if (isProxied && bytes[13] >> 4 == 2 && length >= BinaryStartBytes + 36)
            client = EndpointAddress.IPv6(bytes.Slice(16, 16), BinaryPrimitives.ReadUInt16BigEndian(bytes[48..]));
        return OperationStatus.Done;
    }

    private static EndpointAddress AddressOf(IPAddress address, ushort port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? EndpointAddress.IPv4(bytes[..4], port) : EndpointAddress.IPv6(bytes, port);
    }
}
