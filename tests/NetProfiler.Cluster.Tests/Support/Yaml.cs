using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>Short words for reading YAML in tests. What is missing is null or empty.</summary>
internal static class Yaml
{
    public static IReadOnlyList<YamlNode> Documents(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return [.. yaml.Documents.Select(document => document.RootNode)];
    }

    /// <summary>At a path such as <c>spec.template.metadata</c>.</summary>
    public static YamlNode? Find(this YamlNode node, string path) =>
        path.Split('.').Aggregate((YamlNode?)node,
            (at, key) => (at as YamlMappingNode)?.Children.TryGetValue(key, out var value) == true ? value : null);

    public static string? Text(this YamlNode node, string path) => (node.Find(path) as YamlScalarNode)?.Value;

    public static IReadOnlyList<YamlNode> List(this YamlNode node, string path) =>
        (node.Find(path) as YamlSequenceNode)?.Children.ToList() ?? [];

    public static IReadOnlyList<string> Texts(this YamlNode node, string path) =>
        [.. node.List(path).Select(item => ((YamlScalarNode)item).Value!)];

    public static IReadOnlyDictionary<string, string> Map(this YamlNode node, string path) =>
        (node.Find(path) as YamlMappingNode)?.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!,
            pair => ((YamlScalarNode)pair.Value).Value!) ?? [];
}
