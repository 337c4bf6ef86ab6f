namespace NetProfiler.Http1;

/// <summary>Enumerates the fields; skips a line without a colon, which a cut head may contain.</summary>
public ref struct FieldEnumerator(ReadOnlySpan<byte> fieldLines)
{
    private ReadOnlySpan<byte> _rest = fieldLines;

    public Field Current { get; private set; }

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = EndOfFirstField(_rest);
            var line = _rest[..end];
            _rest = _rest[end..];

            int colon = line.IndexOf((byte)':');
            if (colon < 0) continue;
            Current = new Field(Syntax.Trim(line[..colon]), Syntax.Trim(line[(colon + 1)..]));
            return true;
        }

        return false;
    }

    // A line that begins with whitespace continues the previous line (RFC 9112, section 5.2).
    private static int EndOfFirstField(ReadOnlySpan<byte> lines)
    {
        int end = 0;
        do
        {
            int lineFeed = lines[end..].IndexOf((byte)'\n');
            if (lineFeed < 0) return lines.Length;
            end += lineFeed + 1;
        }
        while (end < lines.Length && Syntax.IsBlank(lines[end]));

        return end;
    }
}
