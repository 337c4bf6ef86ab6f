using System.Text;
using System.Text.RegularExpressions;
using NetProfiler.Cluster.Tests.Agents;
using NetProfiler.Cluster.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests;

/// <summary>docs/reference is what definitions and processes say of themselves. <c>scripts/reference</c> writes it anew.</summary>
[Collection(ClusterCollection.Name)]
public sealed partial class ReferenceTests(TestCluster cluster)
{
    [Theory]
    [InlineData("networkprofilingtask", "networkprofilingtasks", "What a user writes, and reads. `kubectl explain nptask` says the same.")]
    [InlineData("nodeprofilingconfig", "nodeprofilingconfigs",
        "The interface between operator and agents: one object for each node that a task runs on, with the node's name, in the operator's "
            + "namespace. Only the operator and the node's agent write it.")]
    public void The_reference_of_custom_resources_is_current(string file, string plural, string summary)
    {
        var definition = Assert.Single(Yaml.Documents(File.ReadAllText(Repository.At($"crds/netprofiler.dev_{plural}.yaml"))));
        var version = Assert.Single(definition.List("spec.versions"));
        var schema = version.Find("schema.openAPIV3Schema")!;
        var text = new StringBuilder($"# {definition.Text("spec.names.kind")}\n\n{summary}\nMade from `crds/` by `scripts/reference`.\n\n");
        text.Append($"`apiVersion: {definition.Text("spec.group")}/{version.Text("name")}`. {schema.Text("description")}\n");
        foreach (var part in new[] { "spec", "status" })
        {
            text.Append($"\n## {part}\n\n| field | type | default, bounds | |\n| --- | --- | --- | --- |\n");
            AddFields(text, schema.Find($"properties.{part}")!, "");
        }

        Golden.Equal($"../../docs/reference/{file}.md", text.ToString());
    }

    [SkippableFact]
    public async Task The_reference_of_metrics_is_current()
    {
        cluster.Require();
        await using var agent = await NodeAgent.Start(cluster, "reference", "--zipkin", "http://127.0.0.1:9");
        await agent.IsReady();
        var theirs = Families((await agent.Read("/metrics")).Text);
        var ours = Families((await (await cluster.Operator()).Metrics())!);

        var text = new StringBuilder("# Metrics\n\nMade from what the processes serve at `/metrics` by `scripts/reference`. Counters are "
            + "scraped as `NAME_total`, histograms as `NAME_bucket`, `_sum` and `_count`.\n");
        text.Append("What the labels mean: [reading-results.md](../reading-results.md); where TCP's numbers come from: "
            + "[tcp.md](../tcp.md).\n");
        Add("The agent, on port 9465", theirs.Where(family => !IsOfTheClient(family.Name)));
        Add("The operator, on port 8080", ours.Where(family => !IsOfTheClient(family.Name)));
        Add("Both: talking to the API server",
            theirs.Concat(ours).Where(family => IsOfTheClient(family.Name)).DistinctBy(family => family.Name));
        Golden.Equal("../../docs/reference/metrics.md", text.ToString());

        void Add(string title, IEnumerable<Family> families)
        {
            text.Append($"\n## {title}\n\n| family | type | |\n| --- | --- | --- |\n");
            foreach (var family in families.OrderBy(family => family.Name, StringComparer.Ordinal))
                text.Append($"| `{family.Name}` | {family.Type} | {family.Help.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }
    }

    private static bool IsOfTheClient(string name) =>
        name.StartsWith("rest_client_", StringComparison.Ordinal) || name.StartsWith("reflector_", StringComparison.Ordinal)
        || name.StartsWith("informer_", StringComparison.Ordinal) || name.StartsWith("workqueue_", StringComparison.Ordinal)
            || name.StartsWith("netprofiler_kubernetes_", StringComparison.Ordinal);

    private static List<Family> Families(string exposition)
    {
        var types = Type().Matches(exposition).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        return [.. Help().Matches(exposition)
            .Select(match => new Family(Regex.Replace(match.Groups[1].Value, "_total$", ""), types[match.Groups[1].Value],
            match.Groups[2].Value.Trim()))];
    }

    private static void AddFields(StringBuilder text, YamlNode schema, string path)
    {
        if (schema.Find("properties") is not YamlMappingNode properties) return;
        var required = schema.Texts("required");
        foreach (var (key, field) in properties.Children)
        {
            var name = path + key;
            var item = field.Text("type") == "array" ? field.Find("items")! : field;
            var values = (item.Find("additionalProperties") as YamlMappingNode) is { } map ? map : null;
            var type = values is not null ? $"map of {values.Text("type")}" : field.Text("type") == "array" ? $"list of {item.Text("type")}"
                : field.Text("type");
            text.Append($"| `{name}` | {type}{(required.Contains(key.ToString()) ? ", required" : "")} | {Bounds(field)} | "
                + $"{(field.Text("description") ?? "").Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ')} |\n");
            AddFields(text, item, $"{name}{(field.Text("type") == "array" ? "[]" : "")}.");
        }
    }

    private static string Bounds(YamlNode field)
    {
        var parts = new List<string>();
        if (field.Text("default") is { } value) parts.Add($"default `{value}`");
        if (field.Texts("enum") is { Count: > 0 } values) parts.Add(string.Join(", ", values.Select(one => $"`{one}`")));
        if (field.Text("minimum") is { } least) parts.Add($"from {least}");
        if (field.Text("maximum") is { } most) parts.Add($"to {most}");
        if (field.Text("maxItems") is { } items) parts.Add($"at most {items} items");
        if (field.Text("maxProperties") is { } entries) parts.Add($"at most {entries} entries");
        if (field.Text("maxLength") is { } length) parts.Add($"at most {length} characters");
        return string.Join("; ", parts);
    }

    private sealed record Family(string Name, string Type, string Help);

    [GeneratedRegex(@"^# HELP (\S+) (.*)$", RegexOptions.Multiline)]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE (\S+) (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Type();
}
