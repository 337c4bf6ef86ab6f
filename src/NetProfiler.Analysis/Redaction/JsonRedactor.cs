using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks strings and numbers under secret names in JSON, at any depth. Goes from token to token and trusts nothing: a text that is cut or
/// malformed is masked as far as it goes. A masked number becomes a string, so that the text stays JSON.
/// </summary>
internal ref struct JsonRedactor
{
    private static readonly SearchValues<char> LiteralEnds = SearchValues.Create(" \t\r\n,:{}[]\"");
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.eE");

    private readonly string _text;
    private readonly Redactor _redactor;
    private readonly int _nesting;
    private readonly StringBuilder _output;
    private int _position;

    // Within the value of a secret name: how many brackets of it are open.
    private int _secretDepth;
    private bool _isSecretNext;

    // What is no JSON may have names that are not where JSON has them.
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

    private readonly bool IsSecret => _isSecretNext || _secretDepth > 0;

    private void Read(char next)
    {
        switch (next)
        {
            case '"':
                ReadString();
                break;
            case '{' or '[':
                if (IsSecret) _secretDepth++;
                _isSecretNext = false;
                Copy(1);
                break;
            case '}' or ']':
                if (_secretDepth > 0) _secretDepth--;
                _isSecretNext = false;
                Copy(1);
                break;
            case ',':
                _isSecretNext = false;
                Copy(1);
                break;
            case ' ' or '\t' or '\r' or '\n' or ':':
                Copy(1);
                break;
            default:
                ReadLiteral();
                break;
        }
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
            _isSecretNext = _redactor.IsSecret(Unescape(raw));
        }
        else
        {
            AppendValue(raw);
            _isSecretNext = false;
        }

        if (isClosed) _output.Append('"');
        _isMalformed |= !isClosed && end < _text.Length;
        _position = after;
    }

    private readonly void AppendValue(ReadOnlySpan<char> raw)
    {
        if (IsSecret)
        {
            if (!raw.IsEmpty) _output.Append(_redactor.Masker.Mask(Unescape(raw)));
            return;
        }

        // A string may be a text with names of its own: JSON, GraphQL, a URL, a form.
        if (!raw.ContainsAny(":=") && !raw.Contains('\\') && !raw.Contains('%'))
        {
            _output.Append(raw);
            return;
        }

        string value = Unescape(raw);
        string nested = _redactor.Nested(value, _nesting);
        if (nested == value) _output.Append(raw);
        else _output.Append(EscapedText.InJson(raw, nested, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode));
    }

    private readonly bool IsName(int position)
    {
        while (position < _text.Length && char.IsWhiteSpace(_text[position])) position++;
        return position < _text.Length && _text[position] == ':';
    }

    // A number, true, false, null, or what is no JSON at all.
    private void ReadLiteral()
    {
        int length = _text.AsSpan(_position).IndexOfAny(LiteralEnds);
        if (length < 0) length = _text.Length - _position;
        var literal = _text.AsSpan(_position, length);

        if (IsName(_position + length))
        {
            _isSecretNext = _redactor.IsSecret(literal.Trim('\''));
            _output.Append(literal);
        }
        else if (IsSecret && literal is not ("true" or "false" or "null"))
        {
            _output.Append('"').Append(_redactor.Masker.Mask(literal)).Append('"');
        }
        else
        {
            _output.Append(literal);
        }

        _isMalformed |= literal is not ("true" or "false" or "null") && literal.ContainsAnyExcept(NumberCharacters);
        _position += length;
    }

    private void Copy(int count)
    {
        _output.Append(_text, _position, count);
        _position += count;
    }

    /// <summary>Takes the escapes off; one that is cut or malformed stays.</summary>
    public static string Unescape(ReadOnlySpan<char> raw)
    {
        if (!raw.Contains('\\')) return raw.ToString();

        var text = new StringBuilder(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            char escape = raw[i] == '\\' && i + 1 < raw.Length ? raw[i + 1] : '\0';
            int code = 0;
            bool isUnicode = escape == 'u' && i + 5 < raw.Length &&
                int.TryParse(raw.Slice(i + 2, 4), NumberStyles.AllowHexSpecifier, null, out code);
            if (isUnicode)
            {
                text.Append((char)code);
                i += 5;
            }
            else if (escape is '"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't')
            {
                text.Append(escape switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escape });
                i++;
            }
            else
            {
                text.Append(raw[i]);
            }
        }

        return text.ToString();
    }
}
