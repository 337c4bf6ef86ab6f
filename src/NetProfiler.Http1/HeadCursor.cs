using System.Buffers;
using System.Runtime.CompilerServices;

namespace NetProfiler.Http1;

/// <summary>
/// Advances once over the bytes of a head. A step that returns false has found a fault, or has reached the end of the bytes.
/// </summary>
internal ref struct HeadCursor(ReadOnlySpan<byte> data)
{
    public const bool NeedMoreData = false;

    /// <summary>The data, limited to the maximum length of a head.</summary>
    public readonly ReadOnlySpan<byte> Data = data.Length > HeadReader.MaxHeadBytes ? data[..HeadReader.MaxHeadBytes] : data;

    public int Position;
    public HeadAnomalies Anomalies;
    private InvalidReason _invalid;

    public readonly ReadOnlySpan<byte> Rest => Data[Position..];

    public bool Fail(InvalidReason reason)
    {
        _invalid = reason;
        return false;
    }

    /// <summary>The status of the whole head after a step returned false.</summary>
    public readonly OperationStatus Failure(out InvalidReason reason)
    {
        reason = _invalid;
        if (reason == InvalidReason.None && Data.Length == HeadReader.MaxHeadBytes) reason = InvalidReason.HeadTooLarge;
        return reason == InvalidReason.None ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
    }

    // RFC 9112, section 2.2: LF alone can end a line, CR alone cannot.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadLineEnd(InvalidReason otherwise)
    {
        var rest = Rest;
        if (rest.IsEmpty) return NeedMoreData;

        if (rest[0] == '\n')
        {
            Anomalies |= HeadAnomalies.BareLineFeed;
            Position++;
            return true;
        }

        if (rest[0] != '\r') return Fail(otherwise);
        if (rest.Length == 1) return NeedMoreData;
        if (rest[1] != '\n') return Fail(otherwise);
        Position += 2;
        return true;
    }

    // RFC 9112, section 2.2: some clients append a line end to a request's content.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadLeadingEmptyLines() => (!Data.IsEmpty && Data[0] > ' ') || TryReadOddBeginning();

    private bool TryReadOddBeginning()
    {
        for (int lines = 0; Position < Data.Length; lines++)
        {
            if (Data[Position] is not ((byte)'\r' or (byte)'\n')) return IsNotTls();
            if (lines == HeadReader.MaxLeadingEmptyLines) return Fail(InvalidReason.StartLine);
            if (!TryReadLineEnd(InvalidReason.StartLine)) return false;
            Anomalies |= HeadAnomalies.LeadingEmptyLine;
        }

        return NeedMoreData;
    }

    // RFC 8446, section 5.1: a TLS connection begins with a handshake record. Its first byte alone cannot begin a line, but the second is
    // awaited, so that the reason does not depend on how the bytes were split.
    private bool IsNotTls()
    {
        const byte Handshake = 0x16, MajorVersion = 0x03;

        if (Data[Position] != Handshake) return true;
        if (Position + 1 == Data.Length) return NeedMoreData;
        return Fail(Data[Position + 1] == MajorVersion ? InvalidReason.TlsRecord : InvalidReason.StartLine);
    }

    // RFC 9112, section 2.3.
    public bool TryReadVersion(out byte minorVersion)
    {
        minorVersion = 0;
        var rest = Rest;
        if (!rest.StartsWith("HTTP/1."u8))
        {
            return rest.Length < "HTTP/1.".Length && "HTTP/1."u8.StartsWith(rest) ? NeedMoreData : Fail(InvalidReason.Version);
        }

        if (rest.Length < "HTTP/1.1".Length) return NeedMoreData;
        if (!char.IsAsciiDigit((char)rest[7])) return Fail(InvalidReason.Version);
        minorVersion = rest[7] == '0' ? (byte)0 : (byte)1;
        Position += "HTTP/1.1".Length;
        return true;
    }
}
