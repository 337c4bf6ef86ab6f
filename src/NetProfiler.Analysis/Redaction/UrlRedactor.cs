using System.Buffers;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks secrets in URLs (the password before the host, parameters of query and fragment) and in forms, which have the syntax of queries.
/// </summary>
internal static class UrlRedactor
{
    private static readonly SearchValues<char> NotInForms = SearchValues.Create(" \t\r\n\"<>{}");
    private static readonly SearchValues<char> AuthorityEnds = SearchValues.Create("/?#\"'<> \t\r\n");

    /// <summary>
    /// Redacts a URL or request target. Everything from the first question mark or number sign on is parsed as parameters.
    /// </summary>
    public static string Redact(string url, Redactor redactor, bool allValues)
    {
        url = RedactUserInfo(url, redactor);
        int query = url.AsSpan().IndexOfAny('?', '#');
        string path = query < 0 ? url : url[..query];
        if (path.AsSpan().ContainsAny(';', '&', '=')) path = Parameters(path, redactor, allValues: false, nesting: 0); // path parameters
        return query < 0 ? path : path + Parameters(url[query..], redactor, allValues, nesting: 0);
    }

    public static string RedactForm(string text, Redactor redactor, int nesting) => Parameters(text, redactor, allValues: false, nesting);

    /// <summary>Whether the text has the form name=value&amp;name=value, without whitespace.</summary>
    public static bool LooksLikeForm(ReadOnlySpan<char> text)
    {
        int equals = text.IndexOf('=');
        return equals > 0 && !text.ContainsAny(NotInForms) && !text[..equals].ContainsAny(":/?;,");
    }

    /// <summary>Redacts the user information in scheme://user:password@host and //user:password@host.</summary>
    public static string RedactUserInfo(string text, Redactor redactor)
    {
        StringBuilder? output = null;
        int copied = 0, position = 0;
        while ((position = text.IndexOf("//", position, StringComparison.Ordinal)) >= 0)
        {
            position += 2;
            int length = text.AsSpan(position).IndexOfAny(AuthorityEnds);
            var authority = text.AsSpan(position, length < 0 ? text.Length - position : length);
            int at = authority.LastIndexOf('@');
            int colon = at < 0 ? -1 : authority[..at].IndexOf(':');
            if (colon < 0 || Masker.IsMask(authority[(colon + 1)..at])) continue;

            int start = position + colon + 1;
            output ??= new StringBuilder();
            output.Append(text, copied, start - copied)
                .Append(redactor.Masker.Mask(PercentText.Decode(authority[(colon + 1)..at], plusIsSpace: false)));
            copied = position += at;
        }

        return output is null ? text : output.Append(text, copied, text.Length - copied).ToString();
    }

    private static string Parameters(string text, Redactor redactor, bool allValues, int nesting)
    {
        var output = new StringBuilder(text.Length);
        int position = 0;
        while (position <= text.Length)
        {
            int length = text.AsSpan(position).IndexOfAny("&;?#");
            int end = length < 0 ? text.Length : position + length;
            AppendParameter(output, text.AsSpan(position, end - position), redactor, allValues, nesting);
            if (end == text.Length) break;
            output.Append(text[end]);
            position = end + 1;
        }

        return output.ToString();
    }

    private static void AppendParameter(StringBuilder output, ReadOnlySpan<char> parameter, Redactor redactor, bool allValues, int nesting)
    {
        int equals = parameter.IndexOf('=');
        if (equals < 0)
        {
            output.Append(parameter);
            return;
        }

        var name = parameter[..equals];
        string value = PercentText.Decode(parameter[(equals + 1)..], plusIsSpace: true);
        output.Append(name).Append('=');
        if (value.Length > 0 && !Masker.IsMask(value) && (allValues || IsSecret(name, redactor)))
        {
            output.Append(redactor.Masker.Mask(value));
            return;
        }

        // A value may contain a text with names of its own: JSON, a URL, a form.
        string nested = value.AsSpan().ContainsAny(":=<%") ? redactor.Nested(value, nesting, hadEscapes: true)
            : value.Length < parameter.Length - equals - 1 ? SecretForms.Redact(value, redactor) : value;
        if (nested == value) output.Append(parameter[(equals + 1)..]);
        else output.Append(EscapedText.InUrl(parameter[(equals + 1)..], nested, Uri.EscapeDataString));
    }

    // "user[password]", "auth.token" and "a%5Bsecret%5D" end with the significant name.
    private static bool IsSecret(ReadOnlySpan<char> name, Redactor redactor)
    {
        var decoded = PercentText.Decode(name, plusIsSpace: true).AsSpan();
        if (decoded.LastIndexOf('/') is >= 0 and var slash) decoded = decoded[(slash + 1)..];
        if (redactor.IsSecret(decoded)) return true;
        var last = decoded.TrimEnd(']').Trim();
        int start = last.LastIndexOfAny('[', '.') + 1;
        return start > 0 && redactor.IsSecret(last[start..]);
    }
}
