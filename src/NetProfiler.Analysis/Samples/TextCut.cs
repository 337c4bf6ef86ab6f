using System.Text;

namespace NetProfiler.Analysis.Samples;

/// <summary>Cuts text at a character boundary.</summary>
internal static class TextCut
{
    /// <summary>The longest prefix of the text that fits into the given number of UTF-8 bytes.</summary>
    public static string To(string text, int maxUtf8Bytes, out bool isCut)
    {
        isCut = false;
        if (text.Length <= maxUtf8Bytes / 3 || Encoding.UTF8.GetByteCount(text) <= maxUtf8Bytes) return text;

        isCut = true;
        int bytes = 0, length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxUtf8Bytes) break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }

    /// <summary>The length without an incomplete character at the end.</summary>
    public static int Utf8Length(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= 3 && back <= text.Length; back++)
        {
            byte one = text[^back];
            if (one < 0x80) break;
            if (one < 0xC0) continue;
            int needed = one >= 0xF0 ? 4 : one >= 0xE0 ? 3 : 2;
            return needed > back ? text.Length - back : text.Length;
        }

        return text.Length;
    }
}
