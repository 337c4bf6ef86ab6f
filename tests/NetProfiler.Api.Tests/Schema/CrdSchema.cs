using System.Runtime.CompilerServices;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Api.Tests.Schema;

/// <summary>A schema of crds/, or a part of it, below a path such as <c>spec.targets[].podSelector.matchLabels{}</c>.</summary>
internal sealed class CrdSchema(string path, YamlMappingNode node)
{
    private static readonly string[] Kinds = ["networkprofilingtasks", "nodeprofilingconfigs"];

    // First: those below are read from it.
    public static string Repository { get; } =
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(ThisFile())!, "../../.."));

    public static CrdSchema Task { get; } = Read(Kinds[0]);

    public static CrdSchema NodeConfig { get; } = Read(Kinds[1]);

    public string Path => path;

    public string? this[string keyword] => node.Children.TryGetValue(keyword, out var value) ? Flow(value) : null;

    public IReadOnlyList<string> List(string keyword) =>
        node.Children.TryGetValue(keyword, out var value)
            ? [.. ((YamlSequenceNode)value).Select(item => ((YamlScalarNode)item).Value!)] : [];

    public IReadOnlyList<(string Name, CrdSchema Schema)> Properties =>
        node.Children.TryGetValue("properties", out var value)
            ? [.. ((YamlMappingNode)value).Select(property => Child(((YamlScalarNode)property.Key).Value!, property.Value))]
            : [];

    public CrdSchema? Items => node.Children.TryGetValue("items", out var value) ? new(path + "[]", (YamlMappingNode)value) : null;

    public CrdSchema? Values => node.Children.TryGetValue("additionalProperties", out var value)
        ? new(path + "{}", (YamlMappingNode)value) : null;

    public CrdSchema At(string below) => Everything().Single(schema => schema.Path == below);

    /// <summary>This and everything below it, but what Kubernetes itself describes.</summary>
    public IEnumerable<CrdSchema> Everything()
    {
        yield return this;
        var parts = Properties.Select(property => property.Schema).Append(Items).Append(Values).OfType<CrdSchema>();
        foreach (var part in parts.Where(part => part.Path is not ("apiVersion" or "kind" or "metadata")))
            foreach (var below in part.Everything()) yield return below;
    }

    public static YamlMappingNode ReadCrd(string plural)
    {
        var yaml = new YamlStream();
        using var text = File.OpenText(System.IO.Path.Combine(Repository, "crds", $"netprofiler.dev_{plural}.yaml"));
        yaml.Load(text);
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    private static CrdSchema Read(string plural) =>
        new("", (YamlMappingNode)ReadCrd(plural)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]);

    private (string, CrdSchema) Child(string name, YamlNode child) =>
        (name, new(path.Length == 0 ? name : $"{path}.{name}", (YamlMappingNode)child));

    /// <summary>A value as it would be written on one line.</summary>
    private static string Flow(YamlNode value) => value switch
    {
        YamlScalarNode scalar => scalar.Value!,
        YamlSequenceNode list => $"[{string.Join(", ", list.Select(Flow))}]",
        YamlMappingNode map => $"{{{string.Join(", ", map.Select(pair => $"{Flow(pair.Key)}: {Flow(pair.Value)}"))}}}",
        _ => throw new InvalidDataException($"{value.NodeType} in a schema"),
    };

    private static string ThisFile([CallerFilePath] string file = "") => file;
}
