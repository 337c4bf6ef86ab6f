using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetProfiler.Cluster.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests;

/// <summary>
/// The expressions of config/admission, evaluated by Kubernetes' own CEL: they become the rules of a custom resource that holds what an
/// admission policy is given. That Kubernetes asks the policy at all is for a cluster of 1.30 to show.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed partial class IsolationRulesTests(TestCluster cluster)
{
    private const string Node1 = """{"metadata": {"name": "node1", "labels": {"a": "b"}}, "spec": {"tasks": ["x"]}}""";
    private const string Agent = "system:serviceaccount:netprofiler-system:netprofiler-agent";

    [SkippableFact]
    public async Task An_agent_answers_its_own_configuration() => Assert.Null(await Review("UPDATE", Agent, "node1", Node1, Node1));

    [SkippableFact]
    public async Task An_agent_of_another_node_may_not() =>
        Assert.Equal("an agent may write the configuration of its own node only, not that of node1",
            await Review("UPDATE", Agent, "node2", Node1, Node1));

    [SkippableFact]
    public async Task A_token_that_no_kubelet_mounted_may_not() =>
        Assert.StartsWith("the agent's token names no node", await Review("UPDATE", Agent, null, Node1, Node1));

    [SkippableFact]
    public async Task A_token_that_names_an_empty_node_may_not() =>
        Assert.StartsWith("the agent's token names no node", await Review("UPDATE", Agent, "", Node1, Node1));

    [SkippableFact]
    public async Task An_agent_makes_no_configuration() =>
        Assert.StartsWith("an agent may not create or delete", await Review("CREATE", Agent, "node1", Node1, null));

    [SkippableFact]
    public async Task An_agent_deletes_no_configuration() =>
        Assert.StartsWith("an agent may not create or delete", await Review("DELETE", Agent, "node1", null, Node1));

    [SkippableFact]
    public async Task An_agent_does_not_change_what_it_is_told() =>
        Assert.Equal("an agent may not change its own configuration",
            await Review("UPDATE", Agent, "node1", Node1.Replace("\"x\"", "\"y\"", StringComparison.Ordinal), Node1));

    [SkippableTheory]
    [InlineData("system:serviceaccount:netprofiler-system:netprofiler-operator")]
    [InlineData("system:serviceaccount:elsewhere:netprofiler-agent")]
    [InlineData("admin")]
    public async Task Nobody_else_is_meant(string user)
    {
        Assert.Null(await Review("CREATE", user, null, Node1, null));
        Assert.Null(await Review("UPDATE", user, null, Node1, """{"metadata": {"name": "node1"}}"""));
        Assert.Null(await Review("DELETE", user, null, null, Node1));
    }

    /// <summary>What the policy says to a request; null: nothing against it.</summary>
    private async Task<string?> Review(string operation, string user, string? node, string? @object, string? oldObject)
    {
        var server = await cluster.Rules();
        _ = await server.Establish(Definition());

        var userInfo = new JsonObject { ["username"] = user };
        if (node is not null) userInfo["extra"] = new JsonObject { ["authentication.kubernetes.io/node-name"] = new JsonArray(node) };
        var review = new JsonObject
        {
            ["apiVersion"] = "test.netprofiler.dev/v1",
            ["kind"] = "Review",
            ["metadata"] = new JsonObject { ["name"] = "review" },
            ["objects"] = new JsonArray(JsonNode.Parse(@object ?? "{}"), JsonNode.Parse(oldObject ?? "{}")),
            ["request"] = new JsonObject { ["operation"] = operation, ["name"] = "node1", ["namespace"] = "netprofiler-system",
                ["userInfo"] = userInfo },
        };

        var (code, answer) = await server.Send(HttpMethod.Post, "/apis/test.netprofiler.dev/v1/namespaces/default/reviews?dryRun=All",
            review.ToJsonString());
        if (code == HttpStatusCode.Created) return null;
        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        // Of several faults the first: they are told in the policy's order.
        return Message().Match((string)answer["details"]!["causes"]![0]!["message"]!).Groups[1].Value;
    }

    private static string Definition()
    {
        var policy = Yaml.Documents(File.ReadAllText(Repository.At("config/admission/node_isolation.yaml")))[0];
        var variables = policy.List("spec.variables")
            .ToDictionary(variable => variable.Text("name")!, variable => variable.Text("expression")!);
        // Both objects are of one type only as members of one list.
        string AsRule(string expression) => Root().Replace(
            Variable().Replace(expression, name => $"({variables[name.Groups[1].Value]})"),
            root => root.Value switch { "request" => "self.request", "object" => "self.objects[0]", _ => "self.objects[1]" })
            .Replace("request.namespace", "request.__namespace__", StringComparison.Ordinal);

        var isMeant = string.Join(" && ", policy.List("spec.matchConditions")
            .Select(condition => $"({AsRule(condition.Text("expression")!)})"));
        var rules = new JsonArray([.. policy.List("spec.validations").Select(validation => Rule(validation, isMeant, AsRule))]);

        return $$"""
            {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "reviews.test.netprofiler.dev"},
             "spec": {"group": "test.netprofiler.dev", "scope": "Namespaced", "names": {"kind": "Review", "plural": "reviews"},
              "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
               "x-kubernetes-validations": {{rules.ToJsonString()}},
               "properties": {
                "request": {"type": "object", "properties": {
                 "operation": {"type": "string", "maxLength": 63}, "name": {"type": "string", "maxLength": 63}, "namespace": {"type": "string", "maxLength": 63},
                 "userInfo": {"type": "object", "properties": {"username": {"type": "string", "maxLength": 253},
                  "extra": {"type": "object", "maxProperties": 4, "additionalProperties": {"type": "array", "maxItems": 4, "items": {"type": "string", "maxLength": 63} } } } } } },
                "objects": {"type": "array", "maxItems": 2, "items": {{Object}} } } } } }]} }
            """;
    }

    private const string Object = """
        {"type": "object", "properties": {
          "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 63},
           "labels": {"type": "object", "maxProperties": 4, "additionalProperties": {"type": "string", "maxLength": 63}}}},
          "spec": {"type": "object", "properties": {"tasks": {"type": "array", "maxItems": 4, "items": {"type": "string", "maxLength": 63}}}}}}
        """;

    private static JsonObject Rule(YamlNode validation, string isMeant, Func<string, string> asRule)
    {
        var rule = new JsonObject { ["rule"] = $"!({isMeant}) || ({asRule(validation.Text("expression")!)})",
            ["message"] = validation.Text("message") };
        if (validation.Text("messageExpression") is { } message) rule["messageExpression"] = asRule(message);
        return rule;
    }

    [GeneratedRegex(@"variables\.(\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\b(request|object|oldObject)\b(?=[ .)])(?<!self\.\w+)")]
    private static partial Regex Root();

    [GeneratedRegex("^Invalid value: (?:\"object\": )?(.*)$", RegexOptions.Singleline)]
    private static partial Regex Message();
}
