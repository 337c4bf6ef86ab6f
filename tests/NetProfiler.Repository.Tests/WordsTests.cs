using System.Text.RegularExpressions;

namespace NetProfiler.Repository.Tests;

/// <summary>
/// Text that users read has the words of the field: nothing personified, and no old words. It stands in string literals, the chart, the
/// definitions and the documents.
/// </summary>
public partial class WordsTests
{
    private static readonly string[] Folders = ["charts", "config", "crds", "docs", "scripts"];
    private static readonly string[] Documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile"];

    [Fact]
    public void Messages_have_none_of_the_words() => Repository.AssertNone(
        from path in Repository.Files("src", ".cs")
        from line in Repository.Read(path).Split('\n').Index()
        where !line.Item.TrimStart().StartsWith("//", StringComparison.Ordinal)
        from literal in Literal().Matches(line.Item)
        where literal.Value.Contains(' ') && Words().IsMatch(Hole().Replace(literal.Value, ""))
        select $"{path}:{line.Index + 1}: {literal.Value}");

    [Fact]
    public void Documents_have_none_of_the_words() => Repository.AssertNone(
        from path in Folders.SelectMany(folder => Repository.Files(folder, ".md", ".yaml", ".json", ".txt", ".tpl", "")).Concat(Documents)
        from line in Repository.Read(path).Split('\n').Index()
        where Words().IsMatch(line.Item)
        select $"{path}:{line.Index + 1}: {line.Item.Trim()}");

    [GeneratedRegex(@"\b(?:strangers?|nobody|whoever|mend(?:s|ed|ing)?|dear|lack(?:s|ing)?|anew|told|tells?|telling|owe[sd]?|hears?|let go|(?:is|are) no such|this is no)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex("\"(?:\\\\.|[^\"\\\\])*\"")]
    private static partial Regex Literal();

    // Code within an interpolated string.
    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();
}
