using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace NetProfiler.Analysis.Redaction;

/// <summary>A text with escapes within another text: if a part of it was masked, the rest keeps its original spelling.</summary>
internal static partial class EscapedText
{
    /// <summary>Length of the first escape, or of the first plain character.</summary>
    private delegate int PieceLength(ReadOnlySpan<char> rest);

    /// <param name="raw">The text as written in JSON, between the quotes.</param>
    /// <param name="masked">The text without its escapes, after masking.</param>
    public static string InJson(ReadOnlySpan<char> raw, string masked, Func<string, string> encode) =>
        Splice(raw, masked, PieceOfJson, piece => OfJson(piece), encode);

    public static string InUrl(ReadOnlySpan<char> raw, string masked, Func<string, string> encode) =>
        Splice(raw, masked, PieceOfUrl, piece => PercentText.Decode(piece, plusIsSpace: true), encode);

    public static string InXml(ReadOnlySpan<char> raw, string masked, Func<string, string> encode) =>
        Splice(raw, masked, PieceOfXml, piece => WebUtility.HtmlDecode(piece), encode);

    // Only text that decodes to the corresponding part of the masked text is copied from the raw text, so masked text cannot reappear.
    private static string Splice(ReadOnlySpan<char> raw, string masked, PieceLength next, Func<string, string> decode,
        Func<string, string> encode)
    {
        var value = new StringBuilder(raw.Length);
        var rawAt = new Dictionary<int, int> { [0] = 0 }; // by position in the text without escapes
        for (int at = 0; at < raw.Length;)
        {
            int length = int.Max(1, next(raw[at..]));
            value.Append(decode(raw.Slice(at, length).ToString()));
            at += length;
            rawAt[value.Length] = at;
        }

        string text = value.ToString();
        var output = new StringBuilder(raw.Length);
        int written = 0, position = 0;
        foreach (var mask in MaskPattern().EnumerateMatches(masked))
        {
            AppendKept(output, raw, masked[written..mask.Index], text, rawAt, encode, ref position);
            output.Append(masked, mask.Index, mask.Length);
            written = mask.Index + mask.Length;
        }

        AppendKept(output, raw, masked[written..], text, rawAt, encode, ref position);
        return output.ToString();
    }

    private static void AppendKept(
        StringBuilder output, ReadOnlySpan<char> raw, string kept, string text, Dictionary<int, int> rawAt, Func<string, string> encode,
        ref int position)
    {
        if (kept.Length == 0) return;
        int found = text.IndexOf(kept, position, StringComparison.Ordinal);
        bool isKnown = rawAt.TryGetValue(found, out int start) & rawAt.TryGetValue(found + kept.Length, out int end);
        if (found < 0 || !isKnown)
        {
            output.Append(encode(kept));
            return;
        }

        output.Append(raw[start..end]);
        position = found + kept.Length;
    }

    private static int PieceOfJson(ReadOnlySpan<char> rest) => rest is not ['\\', _, ..] ? 1 : rest[1] == 'u' && rest.Length >= 6 ? 6 : 2;

    // Consecutive escapes may encode one character.
    private static int PieceOfUrl(ReadOnlySpan<char> rest)
    {
        int length = 0;
        while (length + 2 < rest.Length && rest[length] == '%' && char.IsAsciiHexDigit(rest[length + 1])
            && char.IsAsciiHexDigit(rest[length + 2]))
            length += 3;
        return length > 0 ? length : char.IsHighSurrogate(rest[0]) && rest.Length > 1 ? 2 : 1;
    }

    private static int PieceOfXml(ReadOnlySpan<char> rest)
    {
        const int maxEntity = 32;
        int end = rest[0] == '&' ? rest[..int.Min(rest.Length, maxEntity)].IndexOf(';') : -1;
        return end < 0 ? 1 : end + 1;
    }

    [GeneratedRegex(@"\[masked:[0-9a-f+\-:]+\]", RegexOptions.CultureInvariant)]
    private static partial Regex MaskPattern();

    /// <summary>Decodes the escapes of a JSON string; an escape that is cut or malformed is kept.</summary>
    public static string OfJson(ReadOnlySpan<char> raw)
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
