using System.Text;

namespace NetProfiler.Api.Yaml;

/// <summary>Quotes a file's text in a message: on one line, and bounded.</summary>
public static class Quote
{
    private const int MaxLength = 64;

    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"");

        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, MaxLength)).EnumerateRunes())
            quoted.Append(Rune.IsControl(rune) ? $"\\u{rune.Value:x4}" : rune.ToString());

        return quoted.Append(text.Length > MaxLength ? "...\"" : "\"").ToString();
    }
}
