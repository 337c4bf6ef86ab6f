using System.Reflection;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Api.Tests.Schema;

/// <summary>The schemas of crds/ and the types of Resources/ are one contract, written twice.</summary>
public sealed class SchemaTests
{
    private static readonly string[] Roots = ["", "spec", "status"];

    /// <summary>Every bound of <see cref="TaskLimits"/>, and where in the schema of a task it stands.</summary>
    private static readonly (string Path, string Keyword, string Limit)[] Bounds =
    [
        ("spec.targets", "maxItems", nameof(TaskLimits.MaxTargets)),
        ("spec.targets[].containerNames", "maxItems", nameof(TaskLimits.MaxContainerNames)),
        ("spec.targets[].podSelector.matchExpressions", "maxItems", nameof(TaskLimits.MaxSelectorTerms)),
        ("spec.targets[].podSelector.matchExpressions[].values", "maxItems", nameof(TaskLimits.MaxSelectorValues)),
        ("spec.activeDeadlineSeconds", "minimum", nameof(TaskLimits.MinActiveDeadlineSeconds)),
        ("spec.activeDeadlineSeconds", "maximum", nameof(TaskLimits.MaxActiveDeadlineSeconds)),
        ("spec.ttlSecondsAfterFinished", "maximum", nameof(TaskLimits.MaxTtlSecondsAfterFinished)),
        ("spec.sampling.topN", "maximum", nameof(TaskLimits.MaxTopN)),
        ("spec.sampling.maxSamplesPerSecond", "maximum", nameof(TaskLimits.MaxSamplesPerSecond)),
        ("spec.sampling.rules", "maxItems", nameof(TaskLimits.MaxRules)),
        ("spec.sampling.rules[].name", "maxLength", nameof(TaskLimits.MaxRuleNameLength)),
        ("spec.sampling.rules[].uriRegex", "maxLength", nameof(TaskLimits.MaxUriRegexLength)),
        ("spec.sampling.rules[].minDurationMilliseconds", "maximum", nameof(TaskLimits.MaxMinDurationMilliseconds)),
        ("spec.sampling.rules[].collect.maxRequestBytes", "maximum", nameof(TaskLimits.MaxMessageBytes)),
        ("spec.sampling.rules[].collect.maxResponseBytes", "maximum", nameof(TaskLimits.MaxMessageBytes)),
        ("spec.sampling.requestHeaders", "maxItems", nameof(TaskLimits.MaxRequestHeaders)),
        ("spec.sampling.requestHeaders[]", "maxLength", nameof(TaskLimits.MaxRequestHeaderLength)),
        ("spec.redaction.headers", "maxItems", nameof(TaskLimits.MaxRedactedHeaders)),
        ("spec.redaction.headers[]", "maxLength", nameof(TaskLimits.MaxRedactedHeaderLength)),
        ("spec.metrics.maxSeries", "maximum", nameof(TaskLimits.MaxSeries)),
        ("status.topTraces.slow", "maxItems", nameof(TaskLimits.MaxTopN)),
        ("status.topTraces.clientErrors", "maxItems", nameof(TaskLimits.MaxTopN)),
        ("status.topTraces.serverErrors", "maxItems", nameof(TaskLimits.MaxTopN)),
    ];

    [Fact]
    public void The_types_of_a_task_and_its_schema_have_the_same_fields_of_the_same_types() =>
        AreEqual(CrdSchema.Task, [.. TypeSchema.Of<NetworkProfilingTaskSpec>("spec"),
            .. TypeSchema.Of<NetworkProfilingTaskStatus>("status")]);

    [Fact]
    public void The_types_of_a_node_configuration_and_its_schema_have_the_same_fields_of_the_same_types() =>
        AreEqual(CrdSchema.NodeConfig, [.. TypeSchema.Of<NodeProfilingConfigSpec>("spec"),
            .. TypeSchema.Of<NodeProfilingConfigStatus>("status")]);

    [Fact]
    public void What_a_task_does_not_say_means_the_same_to_both() => DefaultsAreEqual<NetworkProfilingTaskSpec>(CrdSchema.Task);

    [Fact]
    public void What_a_node_configuration_does_not_say_means_the_same_to_both() =>
        DefaultsAreEqual<NodeProfilingConfigSpec>(CrdSchema.NodeConfig);

    [Fact]
    public void A_status_has_no_defaults()
    {
        var ofTask = CrdSchema.Task.At("status").Everything();
        Assert.All(ofTask.Concat(CrdSchema.NodeConfig.At("status").Everything()), field => Assert.Null(field["default"]));
    }

    [Fact]
    public void Every_limit_stands_in_the_schema()
    {
        Assert.All(Bounds, bound => Assert.Equal((bound, Limit(bound.Limit)), (bound, CrdSchema.Task.At(bound.Path)[bound.Keyword])));

        var limits = typeof(TaskLimits).GetFields().Select(field => field.Name);
        Assert.Equal(limits.Order(), Bounds.Select(bound => bound.Limit).Distinct().Order());
    }

    [Fact]
    public void Every_list_text_and_number_is_bounded() =>
        Assert.All(CrdSchema.Task.Everything().Concat(CrdSchema.NodeConfig.Everything()), field =>
        {
            var isBounded = field["type"] switch
            {
                "array" => field["maxItems"],
                "string" => field["maxLength"] ?? field["enum"] ?? field["format"],
                "integer" when field.Path.StartsWith("spec", StringComparison.Ordinal) => field["minimum"],
                "object" when field.Values is not null => field["maxProperties"],
                _ => "by itself",
            };
            Assert.True(isBounded is not null, $"{field.Path} has no bound");
        });

    [Fact]
    public void Every_list_says_how_it_is_merged() =>
        Assert.All(CrdSchema.Task.Everything().Concat(CrdSchema.NodeConfig.Everything()).Where(field => field["type"] == "array"), list =>
        {
            Assert.True(list["x-kubernetes-list-type"] is "atomic" or "map", list.Path);
            Assert.All(list.List("x-kubernetes-list-map-keys"), key => Assert.Contains(key, list.Items!.List("required")));
        });

    [Fact]
    public void Every_field_is_explained() =>
        Assert.All(CrdSchema.Task.Everything().Concat(CrdSchema.NodeConfig.Everything()), field =>
            Assert.True(field["description"] is { } sentence && char.IsUpper(sentence[0]) && sentence.EndsWith('.'), field.Path));

    [Fact]
    public void A_nodes_share_of_a_task_is_held_to_the_tasks_own_schema()
    {
        string[] shared = ["direction", "sampling", "redaction", "metrics", "tls", "exportRef"];
        Assert.All(shared, name => Assert.Equal(Bare(CrdSchema.Task.At($"spec.{name}"), "spec."),
            Bare(CrdSchema.NodeConfig.At($"spec.tasks[].{name}"), "spec.tasks[].")));
        Assert.Equal(Bare(CrdSchema.Task.At("status.topTraces"), "status."),
            Bare(CrdSchema.NodeConfig.At("status.tasks[].topTraces"), "status.tasks[]."));
    }

    [Theory]
    [InlineData("networkprofilingtasks", NetworkProfilingTask.Kind, NetworkProfilingTask.Plural)]
    [InlineData("nodeprofilingconfigs", NodeProfilingConfig.Kind, NodeProfilingConfig.Plural)]
    public void Names_are_those_of_the_types(string file, string kind, string plural)
    {
        var crd = CrdSchema.ReadCrd(file);
        var (spec, version) = (crd["spec"], crd["spec"]["versions"][0]);

        Assert.Equal($"{plural}.{NetworkProfilingTask.Group}", Text(crd["metadata"]["name"]));
        Assert.Equal((NetworkProfilingTask.Group, kind, plural),
            (Text(spec["group"]), Text(spec["names"]["kind"]), Text(spec["names"]["plural"])));
        Assert.Equal((NetworkProfilingTask.Version, "true", "true"),
            (Text(version["name"]), Text(version["served"]), Text(version["storage"])));
        Assert.NotNull(version["subresources"]["status"]);
    }

    [Theory]
    [InlineData("networkprofilingtasks")]
    [InlineData("nodeprofilingconfigs")]
    public void Every_column_shows_a_field_that_exists(string file)
    {
        var crd = CrdSchema.ReadCrd(file);
        var schema = file == NetworkProfilingTask.Plural ? CrdSchema.Task : CrdSchema.NodeConfig;
        var paths = ((YamlSequenceNode)crd["spec"]["versions"][0]["additionalPrinterColumns"])
            .Select(column => Text(column["jsonPath"])[1..]);

        var fields = schema.Everything().Select(field => field.Path).ToHashSet();
        Assert.All(paths.Where(path => !path.StartsWith("metadata.", StringComparison.Ordinal)), path =>
            Assert.Contains(System.Text.RegularExpressions.Regex.Replace(path, @"\[\?.*\]", "[]"), fields));
    }

    private static void AreEqual(CrdSchema schema, IReadOnlyList<TypeSchema> types)
    {
        // A condition's status is a text of three values by Kubernetes' conventions, whose own type is a text too.
        static string Type(CrdSchema field) => string.Join(' ',
            new[] { field["type"], field["format"],
                field.Path.EndsWith("conditions[].status", StringComparison.Ordinal) ? null : field["enum"] }.OfType<string>());

        var expected = types.Select(field => $"{field.Path}: {field.Type}").Order(StringComparer.Ordinal);
        var actual = schema.Everything().Where(field => !Roots.Contains(field.Path)).Select(field => $"{field.Path}: {Type(field)}")
            .Order(StringComparer.Ordinal);
        var diff = Cases.Diff(string.Join('\n', expected), string.Join('\n', actual));
        Assert.True(diff.Length == 0, $"- is in the types alone, + in the schema alone:\n{diff}");
    }

    private static void DefaultsAreEqual<TSpec>(CrdSchema schema) =>
        Assert.All(TypeSchema.Of<TSpec>("spec"), type =>
        {
            var parent = schema.At(Parent(type.Path));
            var (field, isRequired) = (schema.At(type.Path),
                parent.List("required").Contains(type.Path[(type.Path.LastIndexOf('.') + 1)..]));
            if (type.Path.EndsWith(']') || type.Path.EndsWith('}')) return;

            Assert.Equal((type.Path, isRequired ? null : type.Default), (type.Path, field["default"]));

            // What has neither default nor emptiness must be said; what is said to be null may be.
            var isEmpty = type.IsNullable || type.Default is not null || type.Type is "array" or "object";
            Assert.True(isRequired || isEmpty, $"{type.Path} should be required");
            Assert.True(field["nullable"] is null || type.IsNullable, $"{type.Path} is nullable in the schema alone");
        });

    /// <summary>All that a schema demands, without its words and its rules for people.</summary>
    private static IEnumerable<string> Bare(CrdSchema schema, string root) =>
        from field in schema.Everything()
        from keyword in new[] { "type", "format", "enum", "default", "nullable", "minimum", "maximum", "minLength", "maxLength", "maxItems",
            "pattern", "required" }
        where field[keyword] is not null
        select $"{field.Path[root.Length..]} {keyword} {field[keyword]}";

    private static string Parent(string path) => path[..path.LastIndexOf('.')];

    private static string Limit(string name) =>
        typeof(TaskLimits).GetField(name, BindingFlags.Public | BindingFlags.Static)!.GetRawConstantValue()!.ToString()!;

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
}
