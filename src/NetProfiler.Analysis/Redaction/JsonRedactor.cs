using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks strings and numbers under secret names in JSON, at any depth. Works token by token and tolerates any input: a text that is cut or
/// malformed is masked as far as it goes. A masked number becomes a string, so that the text remains valid JSON.
/// </summary>
internal ref struct JsonRedactor
{
    private static readonly SearchValues<char> LiteralEnds = SearchValues.Create(" \t\r\n,:{}[]\"");
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.eE");

    // In objects nested deeper than this, members with a name and a value ("name", "value") are not examined.
    private const int MaxObjects = 64;

    private readonly string _text;
    private readonly Redactor _redactor;
    private readonly int _nesting;
    private readonly StringBuilder _output;
    private int _position;

    // Within the value of a secret name: the number of its open brackets.
    private int _secretDepth;
    private bool _isSecretNext;

    // {"name":"Authorization","value":"…"}: the open objects, with the members read so far.
    private readonly Stack<NamedValue> _objects = [];
    private NamedValue? _object;
    private int _deeper;
    private bool _isNameNext;
    private bool _isValueNext;

    // In malformed JSON, names may be in unexpected positions.
    private bool _isMalformed;

    private JsonRedactor(string text, Redactor redactor, int nesting)
    {
        _text = text;
        _redactor = redactor;
        _nesting = nesting;
        _output = new StringBuilder(text.Length);
    }

    public static string Redact(string text, Redactor redactor, int nesting)
    {
        var json = new JsonRedactor(text, redactor, nesting);
        while (json._position < text.Length) json.Read(text[json._position]);
        string output = json._output.ToString();
        return json._isMalformed ? LooseRedactor.Redact(output, redactor) : output;
    }

    private readonly bool IsSecret => _isSecretNext || _secretDepth > 0 || (_isValueNext && _object is { NamesSecret: true });

    private void Read(char next)
    {
        switch (next)
        {
            case '"':
                ReadString();
                break;
            case '{' or '[':
                if (IsSecret) _secretDepth++;
                Open();
                break;
            case '}' or ']':
                if (_secretDepth > 0) _secretDepth--;
                if (_deeper > 0) _deeper--;
                else _objects.TryPop(out _object);
                EndMember();
                break;
            case ',':
                EndMember();
                break;
            case ' ' or '\t' or '\r' or '\n' or ':':
                Copy(1);
                break;
            default:
                ReadLiteral();
                break;
        }
    }

    private void Open()
    {
        if (_object is not null) _object.ValueStart = _isValueNext ? -1 : _object.ValueStart;
        // In objects nested deeper, sibling members are not examined.
        if (_objects.Count < MaxObjects)
        {
            _objects.Push(_object ?? NamedValue.None);
            _object = new NamedValue();
        }
        else
        {
            _deeper++;
        }

        EndMember();
    }

    private void EndMember()
    {
        _isSecretNext = _isNameNext = _isValueNext = false;
        Copy(1);
    }

    // The value may precede the name: then it has been written to the output already.
    private readonly void NoteName(ReadOnlySpan<char> name)
    {
        if (_object is null || _object == NamedValue.None || !_redactor.IsSecret(name)) return;
        _object.NamesSecret = true;
        if (_object.ValueStart < 0 || _secretDepth > 0) return;
        string value = EscapedText.OfJson(_text.AsSpan(_object.TextStart, _object.TextLength));
        if (Masker.IsMask(value)) return;
        string mask = _redactor.Masker.Mask(value);
        _output.Remove(_object.ValueStart, _object.ValueLength).Insert(_object.ValueStart, _object.IsQuoted ? mask : $"\"{mask}\"");
        _object.ValueStart = -1;
    }

    private readonly void NoteValue(int start, int textStart, int textLength, bool isQuoted)
    {
        if (_object is null || _object == NamedValue.None || _object.NamesSecret || textLength == 0) return;
        (_object.ValueStart, _object.ValueLength) = (start, _output.Length - start);
        (_object.TextStart, _object.TextLength, _object.IsQuoted) = (textStart, textLength, isQuoted);
    }

    private void ReadString()
    {
        int start = _position + 1, end = start;
        while (end < _text.Length && _text[end] != '"' && (IsSecret || _text[end] != '\n')) end += _text[end] == '\\' ? 2 : 1;
        end = int.Min(end, _text.Length);
        bool isClosed = end < _text.Length && _text[end] == '"';
        var raw = _text.AsSpan(start, end - start);
        int after = isClosed ? end + 1 : end;

        _output.Append('"');
        if (IsName(after))
        {
            _output.Append(raw);
            BeginMember(raw.Contains('\\') ? EscapedText.OfJson(raw) : raw);
        }
        else
        {
            int valueStart = _output.Length;
            AppendValue(raw);
            if (_isNameNext) NoteName(raw.Contains('\\') ? EscapedText.OfJson(raw) : raw);
            else if (_isValueNext) NoteValue(valueStart, start, raw.Length, isQuoted: true);
            _isSecretNext = false;
        }

        if (isClosed) _output.Append('"');
        _isMalformed |= !isClosed && end < _text.Length;
        _position = after;
    }

    private void BeginMember(ReadOnlySpan<char> name)
    {
        _isSecretNext = _redactor.IsSecret(name);
        _isNameNext = NamedValue.IsNameMember(name);
        _isValueNext = NamedValue.IsValueMember(name);
    }

    private readonly void AppendValue(ReadOnlySpan<char> raw)
    {
        if (IsSecret)
        {
            if (!raw.IsEmpty) _output.Append(_redactor.Masker.Mask(EscapedText.OfJson(raw)));
            return;
        }

        // A string may contain a text with names of its own: JSON, GraphQL, a URL, a form.
        if (!raw.ContainsAny(":=") && !raw.Contains('\\') && !raw.Contains('%'))
        {
            _output.Append(raw);
            return;
        }

        string value = EscapedText.OfJson(raw);
        string nested = _redactor.Nested(value, _nesting, hadEscapes: raw.Contains('\\'));
        if (nested == value) _output.Append(raw);
        else _output.Append(EscapedText.InJson(raw, nested, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode));
    }

    private readonly bool IsName(int position)
    {
        while (position < _text.Length && char.IsWhiteSpace(_text[position])) position++;
        return position < _text.Length && _text[position] == ':';
    }

    // A number, true, false, null, or something that is not JSON.
    private void ReadLiteral()
    {
        int length = _text.AsSpan(_position).IndexOfAny(LiteralEnds);
        if (length < 0) length = _text.Length - _position;
        var literal = _text.AsSpan(_position, length);

        if (IsName(_position + length))
        {
            BeginMember(literal.Trim('\''));
            _output.Append(literal);
        }
        else if (IsSecret && literal is not ("true" or "false" or "null"))
        {
            _output.Append('"').Append(_redactor.Masker.Mask(literal)).Append('"');
        }
        else
        {
            int valueStart = _output.Length;
            _output.Append(literal);
            if (_isValueNext && literal is not ("true" or "false" or "null")) NoteValue(valueStart, _position, length, isQuoted: false);
        }

        _isMalformed |= literal is not ("true" or "false" or "null") && literal.ContainsAnyExcept(NumberCharacters);
        _position += length;
    }

    private void Copy(int count)
    {
        _output.Append(_text, _position, count);
        _position += count;
    }
}
