using System.Buffers;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks the value after a secret name and a colon or equals sign, in text of unknown format: GraphQL, scripts, YAML, logs, the parameters
/// of a field. Prefers masking too much to masking too little.
/// </summary>
internal static class LooseRedactor
{
    private const int MaxGap = 8;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("%-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> ValueEnds = SearchValues.Create(" \t\r\n,;&<>()[]{}\"'|#`");

    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\r\n\"'`<>{}[]|\\");

    public static string Redact(string text, Redactor redactor)
    {
        StringBuilder? output = null;
        int copied = 0, position = 0;
        while (position < text.Length)
        {
            int separator = text.AsSpan(position).IndexOfAny(':', '=');
            if (separator < 0) break;
            separator += position;
            position = separator + 1;
            var name = NameBefore(text.AsSpan(0, separator));
            if (!IsSecret(name, redactor)) continue;

            var (start, length) = text[separator] == ':' && YamlBlock.TryFind(text, separator, out int block, out int blockLength)
                ? (block, blockLength)
                : ValueAfter(text, separator + 1, IsWholeLine(name));
            if (length == 0 || text.AsSpan(start, length) is "true" or "false" or "null") continue;
            output ??= new StringBuilder();
            output.Append(text, copied, start - copied)
                .Append(redactor.Masker.Mask(PercentText.Decode(text.AsSpan(start, length), plusIsSpace: false)));
            copied = position = start + length;
        }

        return output is null ? text : output.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool IsSecret(ReadOnlySpan<char> name, Redactor redactor) =>
        !name.IsEmpty && (redactor.IsSecret(name)
            || (name.Contains('%') && redactor.IsSecret(PercentText.Decode(name, plusIsSpace: false))));

    // "name" :   name =   'name':   \"name\":
    private static ReadOnlySpan<char> NameBefore(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd(" \t").TrimEnd("\"'`\\").TrimEnd(']').TrimEnd("\"'`\\");
        int start = text.LastIndexOfAnyExcept(NameCharacters) + 1;
        return text[start..];
    }

    private static (int Start, int Length) ValueAfter(string text, int position, bool isWholeLine)
    {
        int start = position;
        while (start < text.Length && start - position < MaxGap && text[start] is ' ' or '\t' or '=' or '>' or '\\') start++;
        if (IsMaskAt(text, start)) return (start, 0);
        while (start < text.Length && text[start] is '[' or '{' or '(' or '<') start++;
        if (start == text.Length || IsMaskAt(text, start)) return (start, 0);
        if (text[start] is '"' or '\'' or '`')
        {
            if (IsMaskAt(text, start + 1)) return (start, 0);
            char quote = text[start++];
            int end = start;
            while (end < text.Length && text[end] != quote) end += text[end] == '\\' ? 2 : 1;
            return (start, int.Min(end, text.Length) - start);
        }

        if (isWholeLine && !AuthorizationSchemes.Contains(text.AsSpan(start,
            text.AsSpan(start).IndexOf(' ') is >= 0 and var word1 ? word1 : 0)))
            return (start, text.AsSpan(start).IndexOfAny(LineEnds) is >= 0 and var line ? line : text.Length - start);

        int length = text.AsSpan(start).IndexOfAny(ValueEnds);
        if (length < 0) length = text.Length - start;

        // "Authorization: Bearer abc", "auth = Basic abc": the scheme is not the secret.
        var word = text.AsSpan(start, length);
        int next = start + length + 1;
        if (AuthorizationSchemes.Contains(word) && next < text.Length && text[next - 1] == ' ')
        {
            int more = text.AsSpan(next).IndexOfAny(isWholeLine ? LineEnds : ValueEnds);
            return (next, more < 0 ? text.Length - next : more);
        }

        return (start, length);
    }

    // The value of such a field has several parts: "Cookie: a=1; b=2", "Authorization: Digest username=…, response=…".
    private static bool IsWholeLine(ReadOnlySpan<char> name) =>
        name.EndsWith("cookie", StringComparison.OrdinalIgnoreCase) || name.EndsWith("authorization", StringComparison.OrdinalIgnoreCase);

    private static bool IsMaskAt(string text, int start)
    {
        int end = start < text.Length ? text.IndexOf(']', start, int.Min(Masker.MaxLength, text.Length - start)) : -1;
        return end > 0 && Masker.IsMask(text.AsSpan(start, end + 1 - start));
    }
}
