using System.Globalization;

namespace NetProfiler.Analysis;

/// <summary>
/// Text that others chose (names of processes, answers of collectors) on its way to a terminal or a log: one line, bounded, without control
/// characters.
/// </summary>
public static class PrintableText
{
    private const int MaxLength = 1024;
    private const char Replacement = '\uFFFD';

    /// <summary>The text, with a replacement for what is not printable, and cut at 1,024 characters.</summary>
    public static string Of(string text)
    {
        char[] characters = text.Length > MaxLength ? [.. text.AsSpan(0, MaxLength), '…'] : text.ToCharArray();
        return Replace(characters) || text.Length > MaxLength ? new string(characters) : text;
    }

    /// <summary>The same in place; says whether anything was replaced. Allocates nothing.</summary>
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

    // Format characters change the direction of what follows.
    private static bool IsPrintable(char one) =>
        char.GetUnicodeCategory(one)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator);
}
