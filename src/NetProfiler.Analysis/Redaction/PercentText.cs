using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>Percent-encoding (RFC 3986, section 2.1) and form encoding, in which a plus sign is a space.</summary>
internal static class PercentText
{
    /// <summary>Decodes the text; an invalid escape is kept.</summary>
    public static string Decode(ReadOnlySpan<char> text, bool plusIsSpace)
    {
        if (!text.ContainsAny('%', '+')) return text.ToString();

        byte[] utf8 = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                utf8[length++] = (byte)((ValueOf(text[i + 1]) << 4) | ValueOf(text[i + 2]));
                i += 2;
            }
            else if (text[i] == '+' && plusIsSpace)
            {
                utf8[length++] = (byte)' ';
            }
            else
            {
                int count = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                length += Encoding.UTF8.GetBytes(text.Slice(i, count), utf8.AsSpan(length));
                i += count - 1;
            }
        }

        return Encoding.UTF8.GetString(utf8, 0, length);
    }

    private static int ValueOf(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
