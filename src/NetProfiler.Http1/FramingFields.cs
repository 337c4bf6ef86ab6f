using System.Buffers.Text;
using System.Text;

namespace NetProfiler.Http1;

/// <summary>The framing of a message, according to its field section.</summary>
public struct FramingFields
{
    /// <summary>-1 if absent, or without a valid value.</summary>
    public long ContentLength = -1;

    public TransferCoding TransferCoding;

    /// <summary>Whether Connection contains "close".</summary>
    public bool Close;

    /// <summary>Whether Connection contains "keep-alive".</summary>
    public bool KeepAlive;

    /// <summary>Whether Connection contains "upgrade".</summary>
    public bool Upgrade;

    /// <summary>Whether Expect is "100-continue".</summary>
    public bool ExpectContinue;

    public HeadAnomalies Anomalies;

    public FramingFields()
    {
    }

    internal readonly bool HasContentLength => ContentLength >= 0 || Has(HeadAnomalies.InvalidContentLength);

    internal readonly bool HasTransferEncoding => TransferCoding != TransferCoding.None || Has(HeadAnomalies.InvalidTransferEncoding);

    /// <summary>Whether Content-Length delimits the content despite a Transfer-Encoding, because that does not name a coding.</summary>
    internal readonly bool IsLengthBesideIdentity =>
        TransferCoding == TransferCoding.Identity && HasContentLength && !Has(HeadAnomalies.InvalidTransferEncoding);

    internal readonly bool Has(HeadAnomalies anyOf) => (Anomalies & anyOf) != 0;

    // RFC 9112, section 6.2. A list of equal values counts as one value (6.3, rule 5).
    internal void AddContentLength(ReadOnlySpan<byte> value, bool isFolded)
    {
        if (isFolded) Anomalies |= HeadAnomalies.InvalidContentLength;

        foreach (var element in new ListElements(value))
        {
            if (!TryParseLength(element, out long length)) Anomalies |= HeadAnomalies.InvalidContentLength;
            else if (ContentLength < 0) ContentLength = length;
            else if (ContentLength == length) Anomalies |= HeadAnomalies.DuplicateContentLength;
            else Anomalies |= HeadAnomalies.ConflictingContentLength;
        }
    }

    // RFC 9112, section 6.1. No coding has quoted parameters, and parsers would differ about a comma within quotes.
    internal void AddTransferEncoding(ReadOnlySpan<byte> value, bool isFolded)
    {
        bool isValid = !isFolded && !value.Contains((byte)'"');
        bool isEmpty = true;

        foreach (var element in new ListElements(value))
        {
            if (element.IsEmpty) continue;
            isEmpty = false;
            isValid &= TryAddCoding(element);
        }

        if (!isValid || isEmpty) Anomalies |= HeadAnomalies.InvalidTransferEncoding;
    }

    // RFC 9110, section 7.6.1.
    internal void AddConnection(ReadOnlySpan<byte> value)
    {
        foreach (var option in new ListElements(value))
        {
            if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8)) KeepAlive = true;
            else if (Ascii.EqualsIgnoreCase(option, "close"u8)) Close = true;
            else if (Ascii.EqualsIgnoreCase(option, "upgrade"u8)) Upgrade = true;
        }
    }

    // RFC 9110, section 10.1.1.
    internal void AddExpect(ReadOnlySpan<byte> value) => ExpectContinue |= Ascii.EqualsIgnoreCase(value, "100-continue"u8);

    /// <summary>Checks conditions that require the whole head.</summary>
    internal void Complete(byte minorVersion, HeadAnomalies anomalies)
    {
        Anomalies |= anomalies;
        if (!HasTransferEncoding) return;
        if (HasContentLength) Anomalies |= HeadAnomalies.ContentLengthWithTransferEncoding;
        if (minorVersion == 0) Anomalies |= HeadAnomalies.TransferEncodingBeforeHttp11;
    }

    private bool TryAddCoding(ReadOnlySpan<byte> coding)
    {
        int semicolon = coding.IndexOf((byte)';');
        var name = semicolon < 0 ? coding : Syntax.Trim(coding[..semicolon]);
        bool wasChunked = TransferCoding == TransferCoding.Chunked || Has(HeadAnomalies.ChunkedNotFinal);

        if (Ascii.EqualsIgnoreCase(name, "chunked"u8))
        {
            TransferCoding = TransferCoding.Chunked;
            return !wasChunked && semicolon < 0;
        }

        // Before RFC 7230, "identity" stated that there is no coding.
        bool isIdentity = semicolon < 0 && Ascii.EqualsIgnoreCase(name, "identity"u8);
        if (isIdentity && TransferCoding is (TransferCoding.None or TransferCoding.Identity))
        {
            TransferCoding = TransferCoding.Identity;
            Anomalies |= HeadAnomalies.UnknownTransferCoding;
            return true;
        }

        TransferCoding = TransferCoding.NotChunked;
        if (wasChunked) Anomalies |= HeadAnomalies.ChunkedNotFinal;
        if (!IsRegistered(name)) Anomalies |= HeadAnomalies.UnknownTransferCoding;
        return Syntax.IsToken(name);
    }

    // RFC 9112, section 7.2.
    private static bool IsRegistered(ReadOnlySpan<byte> coding) =>
        Ascii.EqualsIgnoreCase(coding, "gzip"u8) || Ascii.EqualsIgnoreCase(coding, "x-gzip"u8) ||
        Ascii.EqualsIgnoreCase(coding, "deflate"u8) ||
        Ascii.EqualsIgnoreCase(coding, "compress"u8) || Ascii.EqualsIgnoreCase(coding, "x-compress"u8);

    private static bool TryParseLength(ReadOnlySpan<byte> digits, out long length)
    {
        length = -1;
        return !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(digits, out length, out _);
    }
}
