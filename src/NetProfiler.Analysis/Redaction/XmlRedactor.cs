using System.Net;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks in XML and HTML: the text of elements and the values of attributes with secret names, and the value beside a name, as in
/// <c>&lt;input name="password" value="…"&gt;</c>. Tolerates text that is cut or malformed.
/// </summary>
internal ref struct XmlRedactor
{
    private readonly string _text;
    private readonly Redactor _redactor;
    private readonly int _nesting;
    private readonly StringBuilder _output;
    private int _position;

    // Number of open elements within the secret one, including itself.
    private int _secretDepth;

    private XmlRedactor(string text, Redactor redactor, int nesting)
    {
        _text = text;
        _redactor = redactor;
        _nesting = nesting;
        _output = new StringBuilder(text.Length);
    }

    public static string Redact(string text, Redactor redactor, int nesting)
    {
        var xml = new XmlRedactor(text, redactor, nesting);
        while (xml._position < text.Length) xml.Read();
        return xml._output.ToString();
    }

    private void Read()
    {
        var rest = _text.AsSpan(_position);
        if (rest.StartsWith("<!--")) ReadDelimited("<!--", "-->");
        else if (rest.StartsWith("<![CDATA[")) ReadDelimited("<![CDATA[", "]]>");
        else if (rest[0] == '<' && rest.Length > 1 && (char.IsLetter(rest[1]) || rest[1] is '/' or '?' or '!' or '_')) ReadTag();
        else ReadText();
    }

    private void ReadText()
    {
        int length = _text.AsSpan(_position + 1).IndexOf('<') + 1;
        if (length == 0) length = _text.Length - _position;
        AppendText(_text.Substring(_position, length), isEscaped: true);
        _position += length;
    }

    private void ReadDelimited(string opening, string closing)
    {
        int start = _position + opening.Length;
        int end = _text.IndexOf(closing, start, StringComparison.Ordinal);
        bool isClosed = end >= 0;
        if (!isClosed) end = _text.Length;
        _output.Append(opening);
        AppendText(_text[start..end], isEscaped: false);
        if (isClosed) _output.Append(closing);
        _position = isClosed ? end + closing.Length : end;
    }

    private readonly void AppendText(string text, bool isEscaped)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.IsEmpty)
        {
            _output.Append(text);
        }
        else if (_secretDepth > 0)
        {
            int start = text.AsSpan().IndexOf(trimmed);
            string value = isEscaped ? WebUtility.HtmlDecode(trimmed.ToString()) : trimmed.ToString();
            _output.Append(text, 0, start).Append(_redactor.Masker.Mask(value))
                .Append(text, start + trimmed.Length, text.Length - start - trimmed.Length);
        }
        else
        {
            AppendNested(text, isEscaped);
        }
    }

    // Text may contain names of its own: a script, JSON in CDATA, XML within XML.
    private readonly void AppendNested(string text, bool isEscaped)
    {
        if (!text.AsSpan().ContainsAny("=:&"))
        {
            _output.Append(text);
            return;
        }

        string value = isEscaped ? WebUtility.HtmlDecode(text) : text;
        string nested = _redactor.Nested(value, _nesting, hadEscapes: isEscaped && text.Contains('&'));
        if (nested == value) _output.Append(text);
        else _output.Append(isEscaped ? EscapedText.InXml(text, nested, WebUtility.HtmlEncode) : nested);
    }

    private void ReadTag()
    {
        int nameStart = _position + 1;
        bool isEnd = nameStart < _text.Length && _text[nameStart] == '/';
        if (isEnd) nameStart++;
        int nameEnd = IndexOfAny(nameStart, " \t\r\n/><");
        var name = _text.AsSpan(nameStart, nameEnd - nameStart);
        bool isSecret = _redactor.IsSecret(LocalName(name));
        int tagEnd = EndOfTag(nameEnd);

        _output.Append(_text, _position, nameEnd - _position);
        AppendAttributes(nameEnd, tagEnd, isSecret || _secretDepth > 0, out bool namesSecret);
        bool isEmpty = tagEnd > 0 && _text[tagEnd - 1] == '/';
        _position = tagEnd;
        if (tagEnd < _text.Length && _text[tagEnd] == '>')
        {
            _output.Append('>');
            _position++;
        }

        if (isEnd) _secretDepth = int.Max(0, _secretDepth - 1);
        else if (!isEmpty && name[..1] is not ("?" or "!") && (_secretDepth > 0 || ((isSecret || namesSecret) && !IsVoid(name))))
            _secretDepth++;
    }

    private readonly void AppendAttributes(int start, int end, bool isSecretElement, out bool namesSecret)
    {
        // First pass: does an attribute state that this element contains the value of a secret name?
        namesSecret = false;
        int position = start;
        while (TryNextAttribute(ref position, end, out var name, out var value))
        {
            if (_text[name] is "name" or "id" or "key" or "property" or "type" or "field" or "k" && _redactor.IsSecret(_text.AsSpan(value)))
                namesSecret = true;
        }

        int copied = position = start;
        while (TryNextAttribute(ref position, end, out var name, out var value))
        {
            var attribute = LocalName(_text.AsSpan(name));
            bool isValue = namesSecret && attribute is "value" or "content" or "v" or "text";
            var (valueStart, length) = value.GetOffsetAndLength(_text.Length);
            if (length == 0) continue;

            _output.Append(_text, copied, valueStart - copied);
            if (_redactor.IsSecret(attribute) || (namesSecret && isValue)
                || (isSecretElement && attribute is "value" or "content" or "v" or "text"))
                _output.Append(_redactor.Masker.Mask(WebUtility.HtmlDecode(_text[value])));
            else
                AppendNested(_text[value], isEscaped: true);
            copied = valueStart + length;
        }

        _output.Append(_text, copied, end - copied);
    }

    private readonly bool TryNextAttribute(ref int position, int end, out Range name, out Range value)
    {
        (name, value) = (default, default);
        while (position < end)
        {
            while (position < end && (char.IsWhiteSpace(_text[position]) || _text[position] is '/' or '=' or '"' or '\'')) position++;
            int nameEnd = int.Min(end, IndexOfAny(position, " \t\r\n=/>"));
            if (nameEnd == position)
            {
                position++;
                continue;
            }

            name = position..nameEnd;
            position = nameEnd;
            while (position < end && char.IsWhiteSpace(_text[position])) position++;
            if (position >= end || _text[position] != '=') continue;
            position++;
            while (position < end && char.IsWhiteSpace(_text[position])) position++;
            if (position >= end) return false;

            bool isQuoted = _text[position] is '"' or '\'';
            int start = isQuoted ? position + 1 : position;
            int valueEnd = isQuoted ? _text.IndexOf(_text[position], start) : IndexOfAny(start, " \t\r\n>");
            if (valueEnd < 0 || valueEnd > end) valueEnd = end;
            value = start..valueEnd;
            position = isQuoted ? int.Min(end, valueEnd + 1) : valueEnd;
            return true;
        }

        return false;
    }

    // A quoted value may contain a ">"; a value that is not closed ends with the text.
    private readonly int EndOfTag(int position)
    {
        while (position < _text.Length && _text[position] != '>')
        {
            if (_text[position] is '"' or '\'')
            {
                int close = _text.IndexOf(_text[position], position + 1);
                if (close < 0) return _text.Length;
                position = close;
            }

            position++;
        }

        return int.Min(position, _text.Length);
    }

    private readonly int IndexOfAny(int start, string characters)
    {
        int length = start >= _text.Length ? -1 : _text.AsSpan(start).IndexOfAny(characters);
        return length < 0 ? _text.Length : start + length;
    }

    // "soap:Password" has the local name "Password".
    private static ReadOnlySpan<char> LocalName(ReadOnlySpan<char> name) => name[(name.LastIndexOf(':') + 1)..];

    // HTML elements without an end tag would otherwise extend the secret to the end of the text.
    private static bool IsVoid(ReadOnlySpan<char> name) =>
        name.Equals("input", StringComparison.OrdinalIgnoreCase) || name.Equals("meta", StringComparison.OrdinalIgnoreCase) ||
        name.Equals("param", StringComparison.OrdinalIgnoreCase) || name.Equals("br", StringComparison.OrdinalIgnoreCase) ||
        name.Equals("img", StringComparison.OrdinalIgnoreCase) || name.Equals("link", StringComparison.OrdinalIgnoreCase);
}
