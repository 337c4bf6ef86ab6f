using System.Net;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>
/// The cases/ beside the tests: in.yaml, whose documents are applied one after the other under one name; in schema.txt what an API server
/// that knows schemas alone (1.20) says to each, in rules.txt one that knows CEL rules too. NETPROFILER_ACCEPT=1 writes them anew.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class SpecificationTests(TestCluster cluster)
{
    private const string Tasks = "/apis/netprofiler.dev/v1alpha1/namespaces/default/networkprofilingtasks";

    private const string OtherRulesUnchecked =
        ", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing "
            + "errors to complete validation";

    private static IEnumerable<string> Names =>
        Directory.GetDirectories(Path.Combine(Repository.Tests, "cases")).Select(path => Path.GetFileName(path)!)
            .Order(StringComparer.Ordinal);

    public static TheoryData<string> Cases => [.. Names];

    [SkippableTheory, MemberData(nameof(Cases))]
    public async Task A_server_that_knows_schemas_alone_says(string name)
    {
        cluster.RequireOurs();
        Golden.Equal($"cases/{name}/schema.txt", await Answers(cluster.Api, name));
    }

    [SkippableTheory, MemberData(nameof(Cases))]
    public async Task A_server_that_knows_rules_says(string name)
    {
        var rules = await cluster.Rules();
        foreach (var crd in new[] { "networkprofilingtasks", "nodeprofilingconfigs" })
            _ = await rules.Establish(await File.ReadAllTextAsync(Repository.At($"crds/netprofiler.dev_{crd}.yaml")));

        Golden.Equal($"cases/{name}/rules.txt", await Answers(rules, name));
    }

    [Fact]
    public void Every_rule_of_the_schema_refuses_a_case_and_accepts_another()
    {
        var said = Names.Select(name => File.ReadAllText(Path.Combine(Repository.Tests, $"cases/{name}/rules.txt"))).ToList();
        var messages = File.ReadLines(Repository.At("crds/netprofiler.dev_networkprofilingtasks.yaml"))
            .SkipWhile(line => !line.Contains("openAPIV3Schema", StringComparison.Ordinal))
            .Where(line => line.TrimStart().StartsWith("message: ", StringComparison.Ordinal))
            .Select(line => line.Trim()["message: ".Length..].Trim('"'))
            // What is no pattern makes the evaluation fail, and that is what the server then tells.
            .Select(message => message == "is not a pattern of the linear-time engine" ? "error parsing regexp" : message);

        Assert.All(messages, message => Assert.Contains(said, text => text.Contains(message, StringComparison.Ordinal)));
    }

    private static async Task<string> Answers(ApiServer server, string name)
    {
        var documents = (await File.ReadAllTextAsync(Path.Combine(Repository.Tests, "cases", name, "in.yaml"))).Split("---\n");
        var answers = new List<string>();
        try
        {
            foreach (var document in documents)
            {
                var yaml = document.Replace("NAME", name, StringComparison.Ordinal);
                var (code, body) = answers.Count == 0
                    ? await server.Send(HttpMethod.Post, Tasks + "?fieldValidation=Strict", yaml, "application/yaml")
                    : await server.TryApply($"{Tasks}/{name}", yaml);
                answers.Add((int)code < 300 ? "accepted" : Readable(code, (string?)body["message"] ?? ""));
            }
        }
        finally
        {
            _ = await server.Send(HttpMethod.Delete, $"{Tasks}/{name}");
        }

        return string.Join('\n', answers) + "\n";
    }

    /// <summary>One line for each fault, without the object's name before them.</summary>
    private static string Readable(HttpStatusCode code, string message)
    {
        var at = message.IndexOf("is invalid: ", StringComparison.Ordinal);
        var faults = at < 0 ? message : message[(at + "is invalid: ".Length)..];
        faults = faults.Replace(OtherRulesUnchecked, "", StringComparison.Ordinal);
        if (faults.StartsWith('[') && faults.EndsWith(']')) faults = faults[1..^1];
        // Servers tell them in no order.
        return $"{(int)code}\n  {string.Join("\n  ", faults.Replace(", spec.", "\nspec.", StringComparison.Ordinal).Split('\n').Order(StringComparer.Ordinal))}";
    }
}
