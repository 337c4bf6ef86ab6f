using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>The format of a text, which determines what is masked in it.</summary>
public enum TextKind : byte
{
    /// <summary>Any text; its first characters may reveal the format.</summary>
    Plain,
    Json,
    Xml,
    Form,
}

/// <summary>Masks secrets in the parts of a message. Texts may be cut anywhere, and may be malformed.</summary>
public sealed class Redactor(RedactionPolicy policy)
{
    /// <summary>
    /// Maximum depth of text within text (JSON in a JSON string, in a form). A deeper text that has an escape is masked as a whole.
    /// </summary>
    internal const int MaxNesting = 4;

    internal Masker Masker => policy.Masker;

    internal bool MasksAllValues => policy.Query != QueryRedaction.Secrets;

    public bool IsSecret(ReadOnlySpan<char> name)
    {
        if (name.Length > SecretNames.MaxNameLength) name = name[^SecretNames.MaxNameLength..];
        Span<byte> utf8 = stackalloc byte[SecretNames.MaxNameLength * 3];
        return policy.Names.Contains(utf8[..Encoding.UTF8.GetBytes(name, utf8)]);
    }

    /// <summary>False if the target certainly needs no masking. Does not allocate.</summary>
    public bool MayChange(ReadOnlySpan<byte> target) =>
        (policy.Query != QueryRedaction.Secrets && target.Contains((byte)'?')) || TargetScan.MayHoldSecret(target, policy.Names)
            || SecretForms.MayContain(target);

    /// <summary>Same as <see cref="MayChange"/> for the value of a Host field.</summary>
    public static bool MayChangeHost(ReadOnlySpan<byte> host) => host.Contains((byte)'@') || SecretForms.MayContain(host);

    /// <summary>A request target, in any form.</summary>
    public string Target(string target) => SecretForms.Redact(Parameters(target), this);

    private string Parameters(string target)
    {
        int query = target.IndexOf('?');
        if (query < 0 || policy.Query == QueryRedaction.Secrets) return UrlRedactor.Redact(target, this, allValues: false);
        if (policy.Query == QueryRedaction.Drop) return UrlRedactor.Redact(target[..query], this, allValues: false);
        return UrlRedactor.Redact(target, this, allValues: true);
    }

    /// <summary>The value of a header field, or of a trailer field.</summary>
    public string Field(string name, string value) => SecretForms.Redact(FieldRedactor.Redact(name, value, this), this);

    public string Text(string text, TextKind kind) => SecretForms.Redact(Text(text, kind, nesting: 0), this);

    internal string Text(string text, TextKind kind, int nesting) => kind switch
    {
        TextKind.Json => JsonRedactor.Redact(text, this, nesting),
        TextKind.Xml => XmlRedactor.Redact(text, this, nesting),
        TextKind.Form => UrlRedactor.RedactForm(text, this, nesting),
        _ => Plain(text, nesting),
    };

    /// <summary>Masks a text within another text, after its escapes were decoded.</summary>
    /// <param name="hadEscapes">Whether the text had escapes. If not, secrets recognized by their form are found in the surrounding
    /// text.</param>
    internal string Nested(string text, int nesting, bool hadEscapes)
    {
        if (nesting >= MaxNesting) return text.AsSpan().ContainsAny("\\%&") ? Masker.Mask(text) : LooseRedactor.Redact(text, this);
        text = Plain(text, nesting + 1);
        return hadEscapes ? SecretForms.Redact(text, this) : text;
    }

    // A text that begins like JSON or XML is parsed as such, whatever its media type is.
    private string Plain(string text, int nesting)
    {
        var start = text.AsSpan().TrimStart(" \t\r\n\uFEFF");
        if (start.IsEmpty) return text;
        if (start[0] is '{' or '[' or '"') return LooseRedactor.Redact(JsonRedactor.Redact(text, this, nesting), this);
        if (start[0] == '<') return XmlRedactor.Redact(text, this, nesting);
        if (UrlRedactor.LooksLikeForm(start)) return UrlRedactor.RedactForm(text, this, nesting);
        return LooseRedactor.Redact(UrlRedactor.RedactUserInfo(text, this), this);
    }
}
