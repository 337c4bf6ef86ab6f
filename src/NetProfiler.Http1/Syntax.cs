using System.Buffers;

namespace NetProfiler.Http1;

/// <summary>The character classes of RFC 9110, section 5.6, and RFC 9112, section 3.</summary>
internal static class Syntax
{
    /// <summary>tchar: the characters of methods, field names and codings.</summary>
    public static readonly SearchValues<byte> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// The characters that end a target: whitespace and control characters. Bytes from 0x80 on do not, because clients send UTF-8
    /// unencoded.
    /// </summary>
    public static readonly SearchValues<byte> TargetEnds =
        SearchValues.Create([.. Enumerable.Range(0, ' ' + 1).Select(control => (byte)control), 0x7F]);

    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenCharacters);

    public static bool IsBlank(byte octet) => octet is (byte)' ' or (byte)'\t';

    /// <summary>Removes optional whitespace at both ends, including line ends, because a folded value may begin or end with one.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => TrimEnd(TrimStart(text));

    public static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        while (end > 0 && IsWhitespace(text[end - 1])) end--;
        return text[..end];
    }

    public static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> text)
    {
        int start = 0;
        while (start < text.Length && IsWhitespace(text[start])) start++;
        return text[start..];
    }

    private static bool IsWhitespace(byte octet) => IsBlank(octet) || octet is (byte)'\r' or (byte)'\n';
}
