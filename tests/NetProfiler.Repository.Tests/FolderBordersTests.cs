using System.Text.RegularExpressions;

namespace NetProfiler.Repository.Tests;

/// <summary>A folder of an assembly uses only the folders below it, so that no two folders use each other.</summary>
public partial class FolderBordersTests
{
    /// <summary>The folders of each assembly, from the bottom up. A folder does not use the other folders of its line.</summary>
    private static readonly Dictionary<string, string[]> Layers = new()
    {
        ["Analysis"] =
        [
            "Buffers Events Sampling Statistics Traces",
            "Peers",
            "Exchanges",
            "Connections Metrics TopLists",
            "Redaction",
            "Samples",
        ],
        ["Api"] = ["Exporters Resources Yaml", "Conditions Results TaskFiles"],
        ["Capture"] = ["Abi Replay Sockets Tls", "Packets Recordings"],
        ["Cli"] = [],
        ["Http1"] = [],
        ["Kubernetes"] = ["Configuration Objects", "Client", "Events Informers LeaderElection Queues", "Reconciliation"],
        ["Node"] =
        [
            "Loops Output Tasks",
            "Settings",
            "Samples Topology",
            "Exchanges",
            "Metrics Page",
            "Report",
            "Replay Run",
            "Cluster",
        ],
        ["Operator"] = ["Limits Places Results Targets", "Tasks", "NodeConfigs", "Loops", "Hosting"],
        ["Telemetry"] = ["Export"],
        ["Web"] = ["Requests", "Results", "Api Import", "Server", "Report"],
    };

    public static TheoryData<string> Assemblies => [.. Layers.Keys];

    [Fact]
    public void Every_assembly_has_its_layers() => Assert.Equal(
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)["NetProfiler.".Length..])
            .Order(StringComparer.Ordinal),
        Layers.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_folder_has_a_layer(string assembly) => Assert.Equal(
        Repository.Files($"src/NetProfiler.{assembly}", ".cs").Select(path => path.Split('/')).Where(parts => parts.Length > 3)
            .Select(parts => parts[2]).Distinct().Order(StringComparer.Ordinal),
        Layers[assembly].SelectMany(layer => layer.Split(' ')).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_folder_uses_only_folders_below_it(string assembly)
    {
        string[][] layers = [.. Layers[assembly].Select(layer => layer.Split(' '))];
        Repository.AssertNone(
            from folder in layers.SelectMany(layer => layer)
            from used in UsedBy(assembly, folder)
            where used != folder && LayerOf(used) >= LayerOf(folder)
            select $"{folder} uses {used}");

        int LayerOf(string folder) => Array.FindIndex(layers, layer => layer.Contains(folder));
    }

    /// <summary>By its using directives, and by names that are qualified from the assembly's namespace.</summary>
    private static HashSet<string> UsedBy(string assembly, string folder) =>
        [.. Repository.Files($"src/NetProfiler.{assembly}/{folder}", ".cs")
            .SelectMany(path => QualifiedName().Matches(Repository.Read(path)))
            .Where(match => match.Groups["assembly"].Value == assembly).Select(match => match.Groups["folder"].Value)
            .Where(used => Layers[assembly].Any(layer => layer.Split(' ').Contains(used)))];

    [GeneratedRegex(@"(?:^using (?:static )?NetProfiler\.|\b)(?<assembly>\w+)\.(?<folder>\w+)", RegexOptions.Multiline)]
    private static partial Regex QualifiedName();
}
