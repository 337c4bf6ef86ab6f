using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace NetProfiler.Analysis.Tests;

/// <summary>Connections/ stays readable: one idea a file, short functions.</summary>
public partial class ConnectionsShapeTests
{
    private const string Connections = "Connections";
    private const int MaxFileLines = 250;
    private const int MaxFunctionLines = 45;

    private static readonly string Root =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../src/NetProfiler.Analysis"));

    [Fact]
    public void No_file_is_too_long() => Assert.DoesNotContain(
        SourcesOf(Connections).Select(file => (Name: Path.GetFileName(file), File.ReadAllLines(file).Length)),
        file => file.Length > MaxFileLines);

    [Fact]
    public void No_function_is_too_long() => Assert.DoesNotContain(
        SourcesOf(Connections).SelectMany(file => FunctionsOf(File.ReadAllLines(file))), function => function.Lines > MaxFunctionLines);

    [Fact]
    public void A_long_function_is_found()
    {
        string[] lines = ["internal sealed class Sample", "{", "    public void Long()", "    {",
            .. Enumerable.Repeat("        Work();", 50), "    }", "}"];
        Assert.Equal([("public void Long()", 53)], FunctionsOf(lines));
    }

    private static string[] SourcesOf(string folder) => Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories);

    // By the layout that the formatter keeps: a body's braces stand alone, at the same column as its signature.
    private static IEnumerable<(string Name, int Lines)> FunctionsOf(string[] lines)
    {
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].TrimStart() != "{" || TypeDeclaration().IsMatch(lines[i - 1])) continue;
            int indent = lines[i].Length - 1;
            int end = Array.FindIndex(lines, i, line => line.StartsWith(new string(' ', indent) + "}", StringComparison.Ordinal));
            int start = i - 1;
            while (start > 0 && lines[start].Length - lines[start].TrimStart().Length > indent) start--; // parameters on lines of their own
            if (indent > 0) yield return (lines[start].Trim(), end - start + 1);
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"\b(class|struct|interface|enum|record)\b")]
    private static partial Regex TypeDeclaration();
}
