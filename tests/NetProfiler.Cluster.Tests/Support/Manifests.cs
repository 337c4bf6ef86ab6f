using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>What kustomize and helm make of config/ and charts/. No cluster is asked.</summary>
internal static class Manifests
{
    /// <summary>What Helm says of its release, and of nothing else.</summary>
    private static readonly string[] OfTheRelease = ["app.kubernetes.io/instance", "app.kubernetes.io/version",
        "app.kubernetes.io/managed-by", "helm.sh/chart", "helm.sh/resource-policy"];

    public static async Task<IReadOnlyList<YamlNode>> Kustomize(string folder)
    {
        Skip.IfNot(Tool.Exists("kubectl"), "no kubectl (scripts/setup test installs it)");
        return Yaml.Documents((await Tool.Run("kubectl", ["kustomize", Repository.At($"config/{folder}")])).Succeeded);
    }

    /// <param name="values">Such as <c>agent.port=9000</c>.</param>
    public static async Task<IReadOnlyList<YamlNode>> Chart(params string[] values) =>
        // A template that makes nothing leaves an empty document.
        [.. Yaml.Documents((await Helm(values)).Succeeded).Where(document => document is YamlMappingNode)];

    public static Task<ToolResult> Helm(params string[] values)
    {
        Skip.IfNot(Tool.Exists("helm") || Tool.Exists("npm"), "neither helm nor npm, which brings it");
        return Tool.Run(Repository.At("scripts/helm"),
            ["template", "netprofiler", Repository.At("charts/netprofiler"), "--namespace", TestCluster.SystemNamespace,
                .. values.SelectMany(value => new[] { "--set", value })]);
    }

    public static string NameOf(YamlNode item) => $"{item.Text("kind")}/{item.Text("metadata.name")}";

    /// <summary>An object in one spelling: keys in order, one to a line, without what Helm says of its release.</summary>
    public static string Canonical(YamlNode node)
    {
        var lines = new List<string>();
        Add(node, "");
        return string.Join('\n', lines);

        void Add(YamlNode at, string path)
        {
            switch (at)
            {
                case YamlMappingNode map:
                    foreach (var (key, value) in map.Children.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
                        if (!OfTheRelease.Contains(key.ToString())) Add(value, $"{path}.{key}");
                    break;
                case YamlSequenceNode list:
                    if (list.Children.Count == 0) lines.Add($"{path}: []");
                    for (var index = 0; index < list.Children.Count; index++) Add(list.Children[index], $"{path}[{index}]");
                    break;
                default:
                    lines.Add($"{path}: {at.ToString().TrimEnd('\n')}");
                    break;
            }
        }
    }
}
