using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>A mapping of a kubeconfig, which knows its file: for paths, and for errors.</summary>
internal sealed class KubeconfigNode(string file, YamlMappingNode? mapping)
{
    public string File { get; } = file;

    public bool IsMissing => mapping is null;

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        YamlScalarNode { Value: null or "" or "null" or "~" } => null,
        YamlScalarNode scalar => scalar.Value,
        var other => throw Fault(other, $"{name} must be a text"),
    };

    public bool Flag(string name) => Text(name) switch
    {
        null => false,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw Fault(Find(name)!, $"{name} must be true or false, not '{text}'"),
    };

    /// <summary>Relative to the file that says so.</summary>
    public string? PathOf(string name) => Text(name) is { } path ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(File))!, path) : null;

    public KubeconfigNode Map(string name) => Find(name) switch
    {
        null => new(File, null),
        YamlMappingNode map => new(File, map),
        YamlScalarNode { Value: null or "" or "null" or "~" } => new(File, null),
        var other => throw Fault(other, $"{name} must be a mapping"),
    };

    public IEnumerable<KubeconfigNode> Maps(string name)
    {
        foreach (var item in Items(name))
            yield return item is YamlMappingNode map ? new(File, map) : throw Fault(item, $"{name} must have mappings");
    }

    public IReadOnlyList<string> Texts(string name) =>
        [.. Items(name).Select(item => (item as YamlScalarNode)?.Value ?? throw Fault(item, $"{name} must have texts"))];

    /// <summary>Of a mapping of lists, such as <c>as-user-extra</c>.</summary>
    public IEnumerable<(string Key, IReadOnlyList<string> Values)> TextLists()
    {
        foreach (var key in mapping?.Children.Keys ?? [])
            yield return (((YamlScalarNode)key).Value ?? "", Texts(((YamlScalarNode)key).Value ?? ""));
    }

    public KubernetesConfigurationException Fault(string what) => Fault(mapping, what);

    private YamlSequenceNode Items(string name) => Find(name) switch
    {
        null or YamlScalarNode { Value: null or "" or "null" or "~" } => [],
        YamlSequenceNode list => list,
        var other => throw Fault(other, $"{name} must be a list"),
    };

    private YamlNode? Find(string name) =>
        mapping is not null && mapping.Children.TryGetValue(new YamlScalarNode(name), out var node) ? node : null;

    private KubernetesConfigurationException Fault(YamlNode? node, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{File}:{node?.Start.Line ?? 1}: {what}"));
}
