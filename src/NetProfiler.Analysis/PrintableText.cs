using System.Globalization;

namespace NetProfiler.Analysis;

/// <summary>
/// Makes text from external sources (names of processes, responses of collectors) safe for a terminal or a log: one line, bounded, without
/// control characters.
/// </summary>
public static class PrintableText
{
    private const int MaxLength = 1024;
    private const char Replacement = '\uFFFD';

    /// <summary>The text with unprintable characters replaced, cut at 1,024 characters.</summary>
    public static string Of(string text)
    {
        char[] characters = text.Length > MaxLength ? [.. text.AsSpan(0, MaxLength), '…'] : text.ToCharArray();
        return Replace(characters) || text.Length > MaxLength ? new string(characters) : text;
    }

    /// <summary>Replaces unprintable characters in place; returns whether any was replaced. Does not allocate.</summary>
    public static bool Replace(Span<char> text)
    {
        bool isReplaced = false;
        foreach (ref char one in text)
        {
            if (char.IsBetween(one, ' ', '~') || IsPrintable(one)) continue;
            one = Replacement;
            isReplaced = true;
        }

        return isReplaced;
    }

    // Format characters can reverse the direction of the text after them.
    private static bool IsPrintable(char one) =>
        char.GetUnicodeCategory(one)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator);
}
