using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks values that are secrets by their form, whatever their name: tokens with a known prefix, PEM blocks, credentials after their
/// scheme.
/// </summary>
internal static class SecretForms
{
    private const string PemBegin = "-----BEGIN ", PemEnd = "-----END ";
    private const int LeastCredentials = 8;

    /// <summary>Minimum length of a text that can contain one.</summary>
    private const int LeastLength = 14;

    private static readonly FrozenDictionary<string, int> Least = SecretList.Forms()
        .ToFrozenDictionary(form => form.Prefix, form => form.Least);
    private static readonly string[] Prefixes = [.. Least.Keys.OrderByDescending(prefix => prefix.Length)];
    private static readonly SearchValues<string> Beginnings = SearchValues.Create([.. Least.Keys, PemBegin], StringComparison.Ordinal);
    private static readonly SearchValues<string> Schemes =
        SearchValues.Create(["basic ", "bearer ", "basic%20", "bearer%20", "basic+", "bearer+"], StringComparison.OrdinalIgnoreCase);
    private static readonly string[] SchemeSpellings = ["Bearer", "Basic", "bearer", "basic", "BEARER", "BASIC"];
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

    private static readonly SearchValues<char> WordCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    public static string Redact(string text, Redactor redactor)
    {
        if (text.Length < LeastLength) return text;
        if (HasToken(text) || text.Contains(PemBegin, StringComparison.Ordinal)) text = Redact(text, Beginnings, OfToken, redactor);
        return HasScheme(text) ? Redact(text, Schemes, OfCredentials, redactor) : text;
    }

    // Exact spellings only; a case-insensitive search costs more than everything else.
    private static bool HasScheme(string text)
    {
        foreach (string scheme in SchemeSpellings)
        {
            if (text.Contains(scheme, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    // A token is a run of at least this many characters, so testing every n-th character finds one, and prose is skipped quickly.
    private static bool HasToken(string text)
    {
        for (int at = LeastLength - 1; at < text.Length; at += LeastLength)
        {
            if (!IsOfToken(text[at])) continue;
            int start = at, end = at + 1;
            while (start > 0 && IsOfToken(text[start - 1])) start--;
            while (end < text.Length && IsOfToken(text[end])) end++;
            if (end - start >= LeastLength && text.AsSpan(start, end - start).ContainsAny(Beginnings)) return true;
            at = end;
        }

        return false;
    }

    private static bool IsOfToken(char one) => one < 128 && IsTokenCharacter[one];

    private static readonly bool[] IsTokenCharacter =
        [.. Enumerable.Range(0, 128).Select(character => TokenCharacters.Contains((char)character))];

    /// <summary>Whether the text contains, or may contain, such a secret. Does not allocate.</summary>
    public static bool MayContain(ReadOnlySpan<byte> text)
    {
        if (text.Length < LeastLength) return false;
        const int MaxStack = 1024;
        if (text.Length > MaxStack) return true;
        Span<char> characters = stackalloc char[MaxStack];
        characters = characters[..Encoding.Latin1.GetChars(text, characters)];
        return ((ReadOnlySpan<char>)characters).ContainsAny(Beginnings) || ((ReadOnlySpan<char>)characters).ContainsAny(Schemes);
    }

    private delegate (int Start, int Length) Extent(ReadOnlySpan<char> text, int at);

    private static string Redact(string text, SearchValues<string> beginnings, Extent extentOf, Redactor redactor)
    {
        StringBuilder? output = null;
        int copied = 0, position = 0;
        while (position < text.Length && text.AsSpan(position).IndexOfAny(beginnings) is >= 0 and var found)
        {
            position += found;
            var (start, length) = extentOf(text, position);
            if (length == 0 || (position > copied && WordCharacters.Contains(text[position - 1])))
            {
                position++;
                continue;
            }

            output ??= new StringBuilder();
            output.Append(text, copied, start - copied).Append(redactor.Masker.Mask(text.AsSpan(start, length)));
            copied = position = start + length;
        }

        return output is null ? text : output.Append(text, copied, text.Length - copied).ToString();
    }

    private static (int Start, int Length) OfToken(ReadOnlySpan<char> text, int at)
    {
        var rest = text[at..];
        if (rest.StartsWith(PemBegin)) return (at, OfPem(rest));
        string prefix = PrefixOf(rest);
        int length = rest.IndexOfAnyExcept(TokenCharacters);
        if (length < 0) length = rest.Length;
        bool isToken = length - prefix.Length >= Least[prefix] && (prefix != "eyJ" || rest[..length].Contains('.'));
        return (at, isToken ? length : 0);
    }

    private static string PrefixOf(ReadOnlySpan<char> text)
    {
        foreach (string prefix in Prefixes)
        {
            if (text.StartsWith(prefix)) return prefix;
        }

        throw new System.Diagnostics.UnreachableException();
    }

    // To the end of the line that closes the block, or to the end of the text if the block is cut.
    private static int OfPem(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOf(PemEnd);
        if (end < 0) return rest.Length;
        int dashes = rest[(end + PemEnd.Length)..].IndexOf("-----");
        return dashes < 0 ? rest.Length : end + PemEnd.Length + dashes + 5;
    }

    private static (int Start, int Length) OfCredentials(ReadOnlySpan<char> text, int at)
    {
        int start = at + text[at..].IndexOfAny(" %+");
        start += text[start] == '%' ? "%20".Length : 1;
        var rest = text[start..];
        int length = rest.IndexOfAnyExcept(TokenCharacters);
        if (length < 0) length = rest.Length;
        // "basic authentication" is prose: credentials contain an uppercase letter, a digit or a symbol.
        bool isProse = !rest[..length].ContainsAnyExceptInRange('a', 'z');
        return (start, length < LeastCredentials || isProse ? 0 : length);
    }
}
