using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace NetProfiler.Analysis.Tests;

/// <summary>A folder of the assembly uses only those below it, so that no two of them use each other.</summary>
public partial class FolderBordersTests
{
    /// <summary>From the bottom up. What stands on one line uses nothing of the same line.</summary>
    private static readonly string[][] Layers =
    [
        ["Buffers", "Events", "Sampling", "Statistics", "Traces"],
        ["Peers"],
        ["Exchanges"],
        ["Connections", "Metrics", "TopLists"],
        ["Redaction"],
        ["Samples"],
    ];

    private static readonly string Root =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../src/NetProfiler.Analysis"));

    [Fact]
    public void Every_folder_has_a_layer() => Assert.Equal(
        Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Where(folder => folder is not ("bin" or "obj"))
            .Order(StringComparer.Ordinal),
        Layers.SelectMany(layer => layer).Order(StringComparer.Ordinal));

    [Fact]
    public void A_folder_uses_only_folders_below_it()
    {
        var upward =
            from folder in Layers.SelectMany(layer => layer)
            from used in UsedBy(folder)
            where used != folder && LayerOf(used) >= LayerOf(folder)
            select $"{folder} uses {used}";
        Assert.Empty(upward);
    }

    private static int LayerOf(string folder) => Array.FindIndex(Layers, layer => layer.Contains(folder));

    /// <summary>By its using directives, and by names that are qualified from the assembly's namespace.</summary>
    private static HashSet<string> UsedBy(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => QualifiedName().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value)];

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"(?:^using (?:static )?NetProfiler\.|\b)Analysis\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex QualifiedName();
}
