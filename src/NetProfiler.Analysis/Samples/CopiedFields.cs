using System.Buffers;
using System.Text;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Samples;

/// <summary>
/// The request header fields that tasks copy to samples and access log lines: an allow-list. Values are masked like those of any other
/// field. Of repeated fields, the first is used.
/// </summary>
public sealed class CopiedFields
{
    /// <summary>Maximum length of a shown value in bytes of UTF-8; the rest is cut off.</summary>
    public const int MaxValueBytes = 256;

    // FieldRedactor has specific rules for these fields.
    private static readonly string[] NeverPlain = ["cookie", "cookie2", "set-cookie", "set-cookie2", "host", "sec-websocket-protocol"];

    // A value without any of these is masked only by its form.
    private static readonly SearchValues<byte> Structure = SearchValues.Create("=:{@\r\n"u8);

    private readonly Redactor _redactor;
    private readonly (string Name, byte[] Utf8, bool IsPlain)[] _fields;

    /// <param name="names">Names in lower case.</param>
    public CopiedFields(IEnumerable<string> names, Redactor redactor)
    {
        _redactor = redactor;
        _fields = [.. names.Select(name => (name, Encoding.UTF8.GetBytes(name), !NeverPlain.Contains(name) && !redactor.IsSecret(name)))];
    }

    public int Count => _fields.Length;

    public string NameOf(int index) => _fields[index].Name;

    /// <summary>Finds the value as it was sent. Does not allocate.</summary>
    public bool TryFind(int index, ReadOnlySpan<byte> fieldLines, out ReadOnlySpan<byte> value) =>
        new HeaderFields(fieldLines).TryFind(_fields[index].Utf8, out value);

    /// <summary>True if the value is shown unchanged, up to its end or <see cref="MaxValueBytes"/>. Does not allocate.</summary>
    public bool IsPlain(int index, ReadOnlySpan<byte> value, out ReadOnlySpan<byte> shown)
    {
        shown = value.Length <= MaxValueBytes ? value : value[..TextCut.Utf8Length(value[..MaxValueBytes])];
        return _fields[index].IsPlain && !value.ContainsAny(Structure) && !SecretForms.MayContain(value);
    }

    /// <summary>The value for display: masked, then cut.</summary>
    public string Show(int index, ReadOnlySpan<byte> value)
    {
        string text = Encoding.UTF8.GetString(value);
        // RFC 9112, section 5.2: a line fold is equivalent to a space.
        if (text.AsSpan().ContainsAny('\r', '\n')) text = text.Replace("\r", "").Replace('\n', ' ');
        return TextCut.To(_redactor.Field(_fields[index].Name, text), MaxValueBytes, out _);
    }
}
