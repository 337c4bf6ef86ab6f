using System.IO.Compression;

namespace NetProfiler.Analysis.Samples;

/// <summary>Decodes content codings (RFC 9110, section 8.4), within limits: compressed content may be a decompression bomb.</summary>
internal static class ContentDecoder
{
    public const int MaxCodings = 3;

    /// <summary>Maximum number of bytes decoded of one body: enough to fill the largest limit if all of its content is masked.</summary>
    public const int MaxDecodedBytes = 256 * 1024;

    /// <summary>Maximum decompression ratio; legitimate text does not exceed it.</summary>
    public const int MaxRatio = 200;

    /// <summary>
    /// False if a coding is unknown, or if nothing could be decoded. If the content is cut or faulty later, it is decoded up to there.
    /// </summary>
    public static bool TryDecode(ReadOnlyMemory<byte> body, string contentEncoding, out ReadOnlyMemory<byte> decoded, out bool isCut)
    {
        decoded = body;
        isCut = false;
        string[] codings = contentEncoding.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (codings.Length > MaxCodings) return false;

        for (int i = codings.Length - 1; i >= 0; i--)
        {
            if (codings[i].Equals("identity", StringComparison.OrdinalIgnoreCase)) continue;
            if (!TryDecodeOne(decoded, codings[i], out decoded, out bool isOneCut)) return false;
            isCut |= isOneCut;
        }

        return true;
    }

    private static bool TryDecodeOne(ReadOnlyMemory<byte> body, string coding, out ReadOnlyMemory<byte> decoded, out bool isCut)
    {
        decoded = default;
        isCut = false;
        if (body.IsEmpty) return true;

        using var source = new MemoryStream(body.ToArray(), writable: false);
        using var decoder = Open(source, coding, body.Span);
        if (decoder is null) return false;

        int limit = (int)long.Min(MaxDecodedBytes, (long)body.Length * MaxRatio);
        byte[] output = new byte[limit];
        int length = 0;
        try
        {
            int read;
            while (length < limit && (read = decoder.Read(output, length, limit - length)) > 0) length += read;
            isCut = length == limit && decoder.ReadByte() >= 0;
        }
        catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException or IOException)
        {
            isCut = true;
        }

        decoded = output.AsMemory(0, length);
        return length > 0 || !isCut;
    }

    private static Stream? Open(Stream source, string coding, ReadOnlySpan<byte> body) => coding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GZipStream(source, CompressionMode.Decompress),
        "br" => new BrotliStream(source, CompressionMode.Decompress),
        "deflate" => IsZlib(body) ? new ZLibStream(source, CompressionMode.Decompress)
            : new DeflateStream(source, CompressionMode.Decompress),
        _ => null,
    };

    // RFC 9110, section 8.4.1.2: some senders omit the zlib wrapper.
    private static bool IsZlib(ReadOnlySpan<byte> body) =>
        body.Length >= 2 && (body[0] & 0x0F) == 8 && ((body[0] << 8) | body[1]) % 31 == 0;
}
