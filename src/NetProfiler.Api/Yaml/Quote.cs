using System.Text;

namespace NetProfiler.Api.Yaml;

/// <summary>A file's text inside our sentence: on one line, and not for ever.</summary>
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
