using System.Runtime.CompilerServices;
using System.Text;

namespace NetProfiler.Http1;

/// <summary>
/// Parses field lines up to the empty line that ends the head, and keeps the fields that frame the message (RFC 9112, section 5).
/// </summary>
internal struct FieldSection()
{
    public FramingFields Framing = new();
    public Slice Host;
    public bool HasHost;
    public Slice Lines;

    public bool TryRead(ref HeadCursor cursor, bool isResponse)
    {
        int start = cursor.Position;
        while (cursor.Position < cursor.Data.Length)
        {
            if (cursor.Data[cursor.Position] is (byte)'\r' or (byte)'\n')
            {
                Lines = new Slice(start, cursor.Position - start);
                return cursor.TryReadLineEnd(InvalidReason.FieldName);
            }

            if (!TryReadName(ref cursor, isResponse, out var name) || !TryReadValue(ref cursor, name)) return false;
        }

        return HeadCursor.NeedMoreData;
    }

    // A first line that begins with whitespace does not continue a line, and does not have a name (section 2.2).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadName(ref HeadCursor cursor, bool isResponse, out ReadOnlySpan<byte> name)
    {
        var rest = cursor.Rest;
        int end = rest.IndexOfAnyExcept(Syntax.TokenCharacters);
        name = rest[..int.Max(end, 0)];
        if (end < 0) return HeadCursor.NeedMoreData;
        if (end == 0) return cursor.Fail(InvalidReason.FieldName);

        // Section 5.1: a server rejects whitespace before the colon; in a response a proxy removes it.
        while (isResponse && end < rest.Length && Syntax.IsBlank(rest[end]))
        {
            cursor.Anomalies |= HeadAnomalies.WhitespaceBeforeColon;
            end++;
        }

        if (end == rest.Length) return HeadCursor.NeedMoreData;
        if (rest[end] != ':') return cursor.Fail(InvalidReason.FieldName);
        cursor.Position += end + 1;
        return true;
    }

    // RFC 9110, section 5.5: CR, LF and NUL are dangerous; other control characters are accepted as opaque data.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadValue(ref HeadCursor cursor, scoped ReadOnlySpan<byte> name)
    {
        int start = cursor.Position, end;
        bool isFolded = false;
        while (true)
        {
            int length = cursor.Rest.IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
            if (length < 0) return HeadCursor.NeedMoreData;
            end = cursor.Position += length;
            if (!cursor.TryReadLineEnd(InvalidReason.FieldValue)) return false;

            // The first byte of the next line determines whether the value continues there; a complete head always has it.
            if (cursor.Position == cursor.Data.Length) return HeadCursor.NeedMoreData;
            if (!Syntax.IsBlank(cursor.Data[cursor.Position])) break;
            cursor.Anomalies |= HeadAnomalies.ObsoleteFold;
            isFolded = true;
        }

        Keep(name, cursor.Data[start..end], start, isFolded);
        return true;
    }

    private void Keep(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int valueStart, bool isFolded)
    {
        switch ((name.Length, (char)(name[0] | 0x20)))
        {
            case (4, 'h') when Ascii.EqualsIgnoreCase(name, "host"u8):
                KeepHost(value, valueStart);
                break;
            case (6, 'e') when Ascii.EqualsIgnoreCase(name, "expect"u8):
                Framing.AddExpect(Syntax.Trim(value));
                break;
            case (10, 'c') when Ascii.EqualsIgnoreCase(name, "connection"u8):
                Framing.AddConnection(value);
                break;
            case (14, 'c') when Ascii.EqualsIgnoreCase(name, "content-length"u8):
                Framing.AddContentLength(value, isFolded);
                break;
            case (17, 't') when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                Framing.AddTransferEncoding(value, isFolded);
                break;
        }
    }

    // The first Host field is used; in a response it has no meaning.
    private void KeepHost(ReadOnlySpan<byte> value, int valueStart)
    {
        if (HasHost)
        {
            Framing.Anomalies |= HeadAnomalies.DuplicateHost;
            return;
        }

        HasHost = true;
        var text = Syntax.TrimStart(value);
        Host = new Slice(valueStart + value.Length - text.Length, Syntax.TrimEnd(text).Length);
    }
}
