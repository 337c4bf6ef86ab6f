using System.Text.RegularExpressions;

namespace NetProfiler.Http1.Tests.Support;

/// <summary>
/// A message as two parsers can agree on: method and target, or status and reason, fields in order, content, and how it ended.
/// </summary>
internal sealed partial class PlainMessage(bool isResponse)
{
    private readonly List<byte> _method = [], _target = [], _code = [], _status = [], _content = [];
    private readonly List<(List<byte> Name, List<byte> Value)> _fields = [];
    private bool _isValue;
    private bool _isHeadComplete;

    /// <summary>Adds bytes to what llhttp calls a span; a span may come in parts.</summary>
    public void Add(string kind, ReadOnlySpan<byte> bytes)
    {
        switch (kind)
        {
            case "method": _method.AddRange(bytes); break;
            case "url": _target.AddRange(bytes); break;
            case "status": _status.AddRange(bytes); break;
            case "code": _code.AddRange(bytes); break;
            case "body": _content.AddRange(bytes); break;
            case "header_field" when !_isHeadComplete: // else a trailer, which is none of the head's
                if (_isValue || _fields.Count == 0) _fields.Add(([], []));
                _isValue = false;
                _fields[^1].Name.AddRange(bytes);
                break;
            case "header_value" when !_isHeadComplete:
                _isValue = true;
                _fields[^1].Value.AddRange(bytes);
                break;
        }
    }

    public void HeadComplete() => _isHeadComplete = true;

    public string Told(string ending)
    {
        // Of a head that did not come whole, or a message that is refused, how far each parser got is its own affair.
        if (!_isHeadComplete || ending == "invalid") return ending;
        string start = isResponse ? $"{Visible.Text([.. _code])} {Visible.Text([.. _status])}"
            : $"{Visible.Text([.. _method])} {Visible.Text([.. _target])}";
        var fields = _fields.Select(field => $"{Visible.Text([.. field.Name])}: {Unfolded(field.Value)}");
        return string.Join("; ", [start, .. fields, $"content {Visible.Text([.. _content])}", ending]);
    }

    // RFC 9110, section 5.5: whitespace around a value is none of it; RFC 9112, section 5.2: a fold is a space.
    private static string Unfolded(List<byte> value)
    {
        byte[] bytes = [.. value];
        string text = System.Text.Encoding.Latin1.GetString(bytes);
        return Visible.Text(System.Text.Encoding.Latin1.GetBytes(Fold().Replace(text, " ").Trim(' ', '\t')));
    }

    [GeneratedRegex(@"(\r?\n)?[ \t]+")]
    private static partial Regex Fold();
}
