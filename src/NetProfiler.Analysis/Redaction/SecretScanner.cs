using System.Buffers;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>Masks secret values in text that comes in pieces: <c>*</c> for each byte, so that nothing moves.</summary>
/// <remarks>
/// Masked are what follows <c>name:</c> up to the end of the line (a header field and its folded lines), <c>name=</c> (a parameter of
/// a target, a form, a cookie), <c>"name":</c> (a member in JSON, escaped in a string or not) and a part of a multipart form, where
/// <see cref="SecretNames"/> has the name. In doubt it masks; line ends it leaves, and control characters of a head, so that a
/// faulty head stays faulty. What it does depends on the bytes alone, never on where they were cut: all that it carries over is
/// a state and the last <see cref="TailBytes"/> bytes, in which a name is looked for.
/// </remarks>
internal sealed class SecretScanner(SecretNames names)
{
    private const int TailBytes = SecretNames.MaxNameLength + 32;
    private const int MaxBoundaryBytes = 74; // RFC 2046, section 5.1.1, with its two hyphens and a byte to see that it is no longer
    private const byte Mask = (byte)'*';

    private enum Part : byte
    {
        StartLine,
        Fields,
        Content,
    }

    private enum State : byte
    {
        /// <summary>No secret here.</summary>
        Neutral,

        /// <summary>Behind the name and colon of a field.</summary>
        Line,

        /// <summary>Behind the end of such a line: one that begins with a blank belongs to it.</summary>
        LineEnded,

        /// <summary>In a parameter's value.</summary>
        Value,

        /// <summary>Behind a blank in a target: the version follows, or the value goes on.</summary>
        Version,

        /// <summary>Behind the name and colon of a member.</summary>
        Member,
        String,
        Nested,

        /// <summary>Behind <c>name=</c> within the head of a form's part.</summary>
        PartName,
        PartValue,

        /// <summary>Nobody knows what this is.</summary>
        Everything,
    }

    private static readonly SearchValues<byte> StartLineSigns = SearchValues.Create("=:\n"u8);
    private static readonly SearchValues<byte> Signs = SearchValues.Create("=:"u8);
    private static readonly SearchValues<byte> ParameterNameEnds = SearchValues.Create("?&;#/,:=\"'{}()<> \t\r\n"u8);
    private static readonly SearchValues<byte> MemberNameEnds = SearchValues.Create(",{[\n"u8);

    private readonly byte[] _tail = new byte[TailBytes];
    private int _tailLength;
    private Part _part;
    private State _state;
    private int _count;
    private int _backslashes;
    private byte _quote;
    private bool _isQuoted;
    private bool _isQuotedName;
    private byte[]? _boundary;
    private int _boundaryLength;
    private int _matched;
    private bool _isBoundaryOpen;

    public void BeginHead() => Begin(Part.StartLine);

    /// <summary>Field lines without a start line before them.</summary>
    public void BeginFields() => Begin(Part.Fields);

    public void BeginContent()
    {
        Begin(Part.Content);
        _boundaryLength = 0;
        _isBoundaryOpen = true;
    }

    /// <summary>Bytes between were not seen: to the end of this part nothing can be told from a secret.</summary>
    public void LoseTrack() => _state = State.Everything;

    /// <summary>Masks everything but the line ends.</summary>
    public static void MaskAll(Span<byte> bytes)
    {
        foreach (ref byte one in bytes)
        {
            if (one is not ((byte)'\r' or (byte)'\n')) one = Mask;
        }
    }

    public void Scan(Span<byte> bytes)
    {
        int at = 0;
        while (_isBoundaryOpen && at < bytes.Length) CollectBoundary(bytes[at++]);
        at = 0;
        while (at < bytes.Length) at = _state == State.Neutral ? Seek(bytes, at) : Step(bytes, at);
        KeepTail(bytes);
    }

    private void Begin(Part part)
    {
        _part = part;
        _state = State.Neutral;
        _tailLength = 0;
        _isBoundaryOpen = false;
    }

    /// <summary>Goes to the next byte that can stand behind a name, and judges it; returns where to go on.</summary>
    private int Seek(Span<byte> bytes, int at)
    {
        int sign = bytes[at..].IndexOfAny(_part == Part.StartLine ? StartLineSigns : Signs);
        if (sign < 0) return bytes.Length;
        int index = at + sign;
        switch (bytes[index])
        {
            case (byte)'\n':
                _part = Part.Fields;
                break;
            case (byte)'=':
                OnEquals(bytes, index);
                break;
            default:
                OnColon(bytes, index);
                break;
        }

        return index + 1;
    }

    private void OnEquals(ReadOnlySpan<byte> bytes, int index)
    {
        Span<byte> buffer = stackalloc byte[SecretNames.MaxNameLength];
        int end = index;
        while (PreviousOf(bytes, end) is ' ' or '\t' or '"' or '\'' && index - end < 8) end--;
        var name = NameBefore(bytes, end, ParameterNameEnds, buffer, out _);
        if (IsSecret(name)) _state = State.Value;
        else if (_part == Part.Content && _boundaryLength > 0 && name.SequenceEqual("name"u8)) (_state, _count) = (State.PartName, 0);
    }

    private void OnColon(ReadOnlySpan<byte> bytes, int index)
    {
        Span<byte> buffer = stackalloc byte[SecretNames.MaxNameLength];
        int end = index;
        while (PreviousOf(bytes, end) is ' ' or '\t' or '\r' or '\n' && index - end < 16) end--;
        int quote = PreviousOf(bytes, end);
        _isQuotedName = quote is '"' or '\'';
        if (_isQuotedName)
        {
            var quoted = NameBefore(bytes, end - 1, quote == '"' ? DoubleQuote : SingleQuote, buffer, out _);
            if (!IsSecret(quoted)) return;
            if (_part == Part.Content) BeginMember();
            else _state = _part == Part.StartLine ? State.Value : State.Line;
            return;
        }

        if (_part == Part.StartLine) return;
        var name = NameBefore(bytes, index, _part == Part.Fields ? FieldNameEnds : MemberNameEnds, buffer, out int stop);
        if (!IsSecret(name)) return;
        if (_part == Part.Content) BeginMember();
        else if (stop != ':' && !IsFraming(name)) _state = State.Line; // a second colon is the value's
    }

    private static readonly SearchValues<byte> DoubleQuote = SearchValues.Create("\""u8);
    private static readonly SearchValues<byte> SingleQuote = SearchValues.Create("'"u8);
    private static readonly SearchValues<byte> FieldNameEnds = SearchValues.Create(":\n"u8);

    private void BeginMember()
    {
        _state = State.Member;
        _backslashes = 0;
    }

    private int Step(Span<byte> bytes, int at)
    {
        ref byte one = ref bytes[at];
        switch (_state)
        {
            case State.Line:
                if (one == '\n') _state = State.LineEnded;
                else if (one is not ((byte)' ' or (byte)'\t')) Hide(ref one);
                break;

            case State.LineEnded:
                _state = one is (byte)' ' or (byte)'\t' ? State.Line : State.Neutral;
                return _state == State.Line ? at + 1 : at;

            case State.Value:
                return StepValue(ref one, at);

            case State.Version:
                return StepVersion(ref one, at);

            case State.Member:
                return StepMember(ref one, at);

            case State.String:
                if (IsStringEnd(one)) _state = State.Neutral;
                else Hide(ref one);
                break;

            case State.Nested:
                StepNested(ref one);
                break;

            case State.PartName:
                StepPartName(bytes, at);
                break;

            case State.PartValue:
                StepPartValue(ref one);
                break;

            default:
                Hide(ref one);
                break;
        }

        return at + 1;
    }

    private int StepValue(ref byte one, int at)
    {
        bool isEnd = one == '&' || (_part != Part.Content && one == '\n');
        if (isEnd)
        {
            _state = State.Neutral;
            return one == '\n' ? at : at + 1; // the line end may be the start line's
        }

        if (_part == Part.StartLine && one is (byte)' ' or (byte)'\t') (_state, _count) = (State.Version, 0);
        else Hide(ref one);
        return at + 1;
    }

    // A blank does not belong into a target; where one is in a value all the same, the version does not follow it.
    private int StepVersion(ref byte one, int at)
    {
        var version = "HTTP/"u8;
        if (one == version[_count])
        {
            if (++_count == version.Length) _state = State.Neutral;
            return at + 1;
        }

        _state = State.Value;
        return at;
    }

    private int StepMember(ref byte one, int at)
    {
        switch (one)
        {
            case (byte)'\n' when !_isQuotedName:
                _state = State.LineEnded; // "name:" and its value in indented lines
                return at + 1;
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                return at + 1;
            case (byte)'\\':
                _backslashes++;
                return at + 1;
            case (byte)'"' or (byte)'\'':
                (_quote, _count) = (one, 0);
                _state = State.String;
                return at + 1;
            case (byte)'{' or (byte)'[':
                (_count, _isQuoted) = (1, false);
                _state = State.Nested;
                return at + 1;
            default:
                _state = State.Line;
                return at;
        }
    }

    /// <summary>Whether this is the quote that the string began with: as often escaped, beside backslashes of the string itself.</summary>
    private bool IsStringEnd(byte one)
    {
        if (one == '\\')
        {
            _count++;
            return false;
        }

        int before = _count;
        _count = 0;
        return one == _quote && before >= _backslashes && (before - _backslashes) % (2 * (_backslashes + 1)) == 0;
    }

    private void StepNested(ref byte one)
    {
        if (_isQuoted)
        {
            if (one == '"' && _backslashes % 2 == 0) _isQuoted = false;
            _backslashes = one == '\\' ? _backslashes + 1 : 0;
        }
        else if (one == '"')
        {
            (_isQuoted, _backslashes) = (true, 0);
        }
        else if (one is (byte)'{' or (byte)'[')
        {
            _count++;
        }
        else if (one is (byte)'}' or (byte)']' && --_count == 0)
        {
            _state = State.Neutral;
            return;
        }

        Hide(ref one);
    }

    private void StepPartName(ReadOnlySpan<byte> bytes, int at)
    {
        byte one = bytes[at];
        if (_count == 0)
        {
            if (one == '"') _count = 1;
            else _state = State.Neutral;
        }
        else if (one == '"')
        {
            Span<byte> buffer = stackalloc byte[SecretNames.MaxNameLength];
            bool isSecret = IsSecret(NameBefore(bytes, at, DoubleQuote, buffer, out _));
            (_state, _matched) = (isSecret ? State.PartValue : State.Neutral, -1);
        }
    }

    private void StepPartValue(ref byte one)
    {
        if (one == '\n')
        {
            _matched = 0;
        }
        else if (_matched >= 0 && one == _boundary![_matched])
        {
            if (++_matched == _boundaryLength) _state = State.Neutral;
        }
        else
        {
            _matched = -1;
            Hide(ref one);
        }
    }

    // The first line of a multipart body is its boundary.
    private void CollectBoundary(byte one)
    {
        bool isLineEnd = one is (byte)'\r' or (byte)'\n';
        bool isPossible = _boundaryLength < MaxBoundaryBytes && (_boundaryLength >= 2 || one == '-');
        if (!isLineEnd && isPossible)
        {
            _boundary ??= new byte[MaxBoundaryBytes];
            _boundary[_boundaryLength++] = one;
            return;
        }

        _isBoundaryOpen = false;
        if (!isLineEnd || _boundaryLength < 3) _boundaryLength = 0;
    }

    private void Hide(ref byte one)
    {
        bool isLeft = _part == Part.Content ? one is (byte)'\r' or (byte)'\n' : one is < 0x20 or 0x7F;
        if (!isLeft) one = Mask;
    }

    private bool IsSecret(ReadOnlySpan<byte> name)
    {
        if (name.IndexOfAny((byte)'%', (byte)'\\') < 0) return names.Contains(name);
        Span<byte> decoded = stackalloc byte[SecretNames.MaxNameLength];
        return names.Contains(decoded[..Decode(name, decoded)]);
    }

    /// <summary>Takes "%70" and "\u0070" for the letters that they stand for.</summary>
    private static int Decode(ReadOnlySpan<byte> name, Span<byte> decoded)
    {
        int length = 0;
        for (int i = 0; i < name.Length; length++)
        {
            int digits = name[i] == '%' ? 2 : name[i..].StartsWith("\\u"u8) ? 4 : 0;
            int start = digits == 4 ? i + 2 : i + 1;
            int value = 0;
            bool isEscape = digits > 0 && start + digits <= name.Length;
            for (int d = 0; isEscape && d < digits; d++)
            {
                int digit = HexDigit(name[start + d]);
                isEscape = digit >= 0;
                value = value * 16 + digit;
            }

            decoded[length] = isEscape ? (byte)(value < 0x80 ? value : 0) : name[i];
            i = isEscape ? start + digits : i + 1;
        }

        return length;
    }

    private static int HexDigit(byte one) => one switch
    {
        >= (byte)'0' and <= (byte)'9' => one - '0',
        >= (byte)'a' and <= (byte)'f' => one - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => one - 'A' + 10,
        _ => -1,
    };

    // A task may add names of its own; where a message ends is nobody's secret.
    private static bool IsFraming(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name.Trim(" \t\r"u8), "content-length"u8) || Ascii.EqualsIgnoreCase(name.Trim(" \t\r"u8), "transfer-encoding"u8) ||
        Ascii.EqualsIgnoreCase(name.Trim(" \t\r"u8), "connection"u8);

    /// <summary>The byte before an index, which may be one of an earlier piece; -1: there is none.</summary>
    private int PreviousOf(ReadOnlySpan<byte> bytes, int index) =>
        index > 0 ? bytes[index - 1] : _tailLength + index > 0 ? _tail[_tailLength + index - 1] : -1;

    /// <summary>What stands before an index, back to one of these bytes (<paramref name="stop"/>; -1: to the beginning).</summary>
    private ReadOnlySpan<byte> NameBefore(ReadOnlySpan<byte> bytes, int index, SearchValues<byte> ends, Span<byte> buffer, out int stop)
    {
        int start = buffer.Length;
        stop = -1;
        for (int at = index; start > 0; at--)
        {
            stop = PreviousOf(bytes, at);
            if (stop < 0 || ends.Contains((byte)stop)) break;
            buffer[--start] = (byte)stop;
        }

        return buffer[start..];
    }

    private void KeepTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= TailBytes)
        {
            bytes[^TailBytes..].CopyTo(_tail);
            _tailLength = TailBytes;
            return;
        }

        int kept = int.Min(_tailLength, TailBytes - bytes.Length);
        _tail.AsSpan(_tailLength - kept, kept).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(kept));
        _tailLength = kept + bytes.Length;
    }
}
