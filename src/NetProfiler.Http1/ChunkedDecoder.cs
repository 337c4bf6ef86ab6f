namespace NetProfiler.Http1;

/// <summary>
/// Parses the framing around the data of chunks: sizes, extensions, line ends and trailer fields (RFC 9112, section 7.1).
/// </summary>
/// <remarks>
/// Every line must end in CRLF: parsers that differ here differ in where the message ends. One deviation from the grammar is tolerated:
/// whitespace after a size, with which some servers pad it.
/// </remarks>
internal struct ChunkedDecoder
{
    /// <summary>Limit of the size line: digits, padding and extension together.</summary>
    private const int MaxSizeLineDigits = 4096;
    private const int MaxPlainDigits = 8;
    private const int MaxExtensionBytes = 4096;
    private const int MaxTrailerBytes = 65536;

    private long _size;
    private int _count;
    private Expected _expected;

    private enum Expected : byte
    {
        Size,
        ExtensionOrLineEnd,
        Extension,
        QuotedString,
        QuotedPair,
        SizeLineFeed,
        DataCarriageReturn,
        DataLineFeed,
        TrailerOrEnd,
        TrailerName,
        TrailerValue,
        TrailerLineFeed,
        LastLineFeed,
        Nothing,
    }

    public readonly bool IsDone => _expected == Expected.Nothing;

    public InvalidReason Invalid { get; private set; }

    /// <summary>Number of bytes of the current chunk's data that remain.</summary>
    public long DataRemaining { get; private set; }

    /// <summary>Advances within the data of the current chunk.</summary>
    public void Advance(long dataBytes) => DataRemaining -= dataBytes;

    /// <summary>Consumes up to a chunk's data, the end of the body, or a fault.</summary>
    public int ReadFraming(ReadOnlySpan<byte> data)
    {
        int position = ReadPlainLine(data);
        while (position < data.Length && DataRemaining == 0 && !IsDone && TryRead((char)data[position])) position++;
        return position;
    }

    /// <summary>Skips the line end after a chunk's data, as far as it is within the next <paramref name="count"/> bytes.</summary>
    public long SkipTerminator(long count)
    {
        if (DataRemaining > 0 || Invalid != InvalidReason.None) return 0;

        long passed = 0;
        while (passed < count && _expected is Expected.DataCarriageReturn or Expected.DataLineFeed)
        {
            _expected = _expected == Expected.DataCarriageReturn ? Expected.DataLineFeed : Expected.Size;
            passed++;
        }

        return passed;
    }

    /// <summary>
    /// Fast path for the usual framing: the line end after a chunk's data, a plain size, its line end, and after the last size the empty
    /// line. Returns 0 if the bytes differ or are incomplete; they are then parsed byte by byte.
    /// </summary>
    private int ReadPlainLine(ReadOnlySpan<byte> data)
    {
        bool isAfterData = _expected == Expected.DataCarriageReturn;
        if (!isAfterData && (_expected != Expected.Size || _count > 0)) return 0;
        if (isAfterData && !data.StartsWith("\r\n"u8)) return 0;

        int start = isAfterData ? 2 : 0;
        int position = start;
        long size = 0;
        for (; position < data.Length && position - start < MaxPlainDigits; position++)
        {
            int digit = data[position] - '0';
            if ((uint)digit > 9)
            {
                int letter = (data[position] | 0x20) - 'a';
                if ((uint)letter > 5) break;
                digit = letter + 10;
            }

            size = (size << 4) + digit;
        }

        if (position == start || !data[position..].StartsWith("\r\n"u8)) return 0;
        position += 2;
        if (size == 0)
        {
            if (!data[position..].StartsWith("\r\n"u8)) return 0;
            _expected = Expected.Nothing;
            return position + 2;
        }

        _expected = Expected.DataCarriageReturn;
        DataRemaining = size;
        return position;
    }

    private bool TryRead(char octet) => _expected switch
    {
        Expected.Size => TryReadSize(octet),
        Expected.ExtensionOrLineEnd => TryReadAfterSize(octet),
        Expected.Extension or Expected.QuotedString or Expected.QuotedPair => TryReadExtension(octet),
        Expected.SizeLineFeed => octet == '\n' ? EndSizeLine() : Fail(InvalidReason.ChunkSize),
        Expected.DataCarriageReturn => octet == '\r' ? Expect(Expected.DataLineFeed) : Fail(InvalidReason.ChunkTerminator),
        Expected.DataLineFeed => octet == '\n' ? Expect(Expected.Size) : Fail(InvalidReason.ChunkTerminator),
        _ => ++_count <= MaxTrailerBytes ? TryReadTrailer(octet) : Fail(InvalidReason.Trailer),
    };

    private bool TryReadSize(char octet)
    {
        if (!char.IsAsciiHexDigit(octet)) return _count > 0 ? TryReadAfterSize(octet) : Fail(InvalidReason.ChunkSize);

        // Any number of digits, including leading zeros (RFC 9112, section 7.1); a size of more than 63 bits is rejected.
        if (++_count > MaxSizeLineDigits || _size >> 59 != 0) return Fail(InvalidReason.ChunkSize);
        _size = (_size << 4) + (char.IsAsciiDigit(octet) ? octet - '0' : (octet | 0x20) - 'a' + 10);
        return true;
    }

    private bool TryReadAfterSize(char octet) => octet switch
    {
        '\r' => Expect(Expected.SizeLineFeed),
        ';' => Expect(Expected.Extension),
        ' ' or '\t' => ++_count <= MaxExtensionBytes ? Expect(Expected.ExtensionOrLineEnd) : Fail(InvalidReason.ChunkSize),
        _ => Fail(InvalidReason.ChunkSize),
    };

    // Section 7.1.1: extensions are ignored, but a line must not end within a quoted string.
    private bool TryReadExtension(char octet)
    {
        if (++_count > MaxExtensionBytes) return Fail(InvalidReason.ChunkExtension);
        if (octet == '\r' && _expected == Expected.Extension) return Expect(Expected.SizeLineFeed);
        if (octet is < ' ' and not '\t' or '\x7F') return Fail(InvalidReason.ChunkExtension);

        return Expect((_expected, octet) switch
        {
            (Expected.Extension, '"') => Expected.QuotedString,
            (Expected.QuotedString, '"') => Expected.Extension,
            (Expected.QuotedString, '\\') => Expected.QuotedPair,
            (Expected.QuotedPair, _) => Expected.QuotedString,
            _ => _expected,
        });
    }

    private bool EndSizeLine()
    {
        DataRemaining = _size;
        _expected = _size > 0 ? Expected.DataCarriageReturn : Expected.TrailerOrEnd;
        _size = 0;
        _count = 0;
        return true;
    }

    // Section 7.1.2. Folds are not accepted: they were obsolete before trailers were introduced.
    private bool TryReadTrailer(char octet) => _expected switch
    {
        Expected.TrailerOrEnd when octet == '\r' => Expect(Expected.LastLineFeed),
        Expected.TrailerOrEnd when IsTokenCharacter(octet) => Expect(Expected.TrailerName),
        Expected.TrailerName when IsTokenCharacter(octet) => true,
        Expected.TrailerName when octet == ':' => Expect(Expected.TrailerValue),
        Expected.TrailerValue when octet == '\r' => Expect(Expected.TrailerLineFeed),
        Expected.TrailerValue when octet is not ('\n' or '\0') => true,
        Expected.TrailerLineFeed when octet == '\n' => Expect(Expected.TrailerOrEnd),
        Expected.LastLineFeed when octet == '\n' => Expect(Expected.Nothing),
        _ => Fail(InvalidReason.Trailer),
    };

    private static bool IsTokenCharacter(char octet) => Syntax.TokenCharacters.Contains((byte)octet);

    private bool Expect(Expected next)
    {
        _expected = next;
        return true;
    }

    private bool Fail(InvalidReason reason)
    {
        Invalid = reason;
        return false;
    }
}
