using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests;

/// <summary>
/// The rights that config/rbac grants the operator are those that it uses: no more, no fewer. The API server's own log tells.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class RightsTests(TestCluster cluster) : OwnOperatorTests(cluster)
{
    private const string Account = $"system:serviceaccount:{TestCluster.SystemNamespace}:netprofiler-operator";

    [SkippableFact]
    public async Task The_operator_uses_the_rights_that_it_has_and_no_others()
    {
        Cluster.RequireOurs();
        var process = await Lead();
        await DoEverything();
        Assert.Equal(0, await process.Stop());

        var (used, refused) = await Requests();
        Assert.Empty(refused);
        Assert.Equal(Granted(), used);
    }

    /// <summary>Everything that an operator does in its life, short of minutes.</summary>
    private async Task DoEverything()
    {
        await OnePod("rights");
        await Fakes.Task("rights", "task", OfCart);
        _ = await Cluster.TaskIsIn("rights", "task", "Running");

        // What happens twice is one event that is counted: created, then patched.
        for (var round = 0; round < 2; round++)
        {
            await Fakes.Task("rights", "task", OfCart.Replace("{targets", "{suspend: true, targets", StringComparison.Ordinal));
            _ = await Cluster.TaskIsIn("rights", "task", "Suspended");
            await Fakes.Task("rights", "task", OfCart.Replace("{targets", "{suspend: false, targets", StringComparison.Ordinal));
            _ = await Cluster.TaskIsIn("rights", "task", "Running");
        }

        // A task that cannot be accepted is over at once, and so is its time to live.
        await Fakes.Task("rights", "refused",
            "{targets: [{podSelector: {matchLabels: {app: cart}}}], ttlSecondsAfterFinished: 0, sampling: {rules: [{name: a, uriRegex: "
                + "'(?P<x>a)', when5xx: true}]}}");
        await Cluster.TaskIsGone("rights", "refused");

        await Fakes.Delete(Fakes.TaskPath("rights", "task"));
        _ = await Cluster.ConfigIs("rights-a", "is gone", config => config["metadata"] is null);
    }

    /// <summary>Those of all tests until now: a right that only an outage needs counts too.</summary>
    private async Task<(IReadOnlyList<string> Used, IReadOnlyList<string> Refused)> Requests()
    {
        var (used, refused) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        await foreach (var line in File.ReadLinesAsync(Cluster.AuditLog))
        {
            if (!line.Contains(Account, StringComparison.Ordinal)) continue;
            var request = JsonNode.Parse(line)!;
            if ((string?)request["user"]!["username"] != Account || request["objectRef"] is not JsonObject what) continue;

            var right = $"{what["apiGroup"]}/{what["resource"]}{(what["subresource"] is { } part ? $"/{part}" : "")}";
            var code = (int?)request["responseStatus"]?["code"] ?? 0;
            // Not every 403 is a matter of rights: a namespace that ends takes nothing new.
            var isForbidden = (string?)request["annotations"]?["authorization.k8s.io/decision"] == "forbid";
            (isForbidden ? refused : used).Add($"{right} {request["verb"]}");
            // A server-side apply that makes the object needs the right to make it, too.
            if ((string?)request["verb"] == "patch" && code == 201) used.Add($"{right} create");
        }

        return ([.. used], [.. refused]);
    }

    private static IReadOnlyList<string> Granted()
    {
        var rules = new[] { "operator", "leader_election" }
            .SelectMany(file => Yaml.Documents(File.ReadAllText(Repository.At($"config/rbac/{file}.yaml"))))
            .SelectMany(role => role.List("rules"));
        var rights = from rule in rules from resource in rule.Texts("resources") from verb in rule.Texts("verbs")
            select $"{Group(rule)}/{resource} {verb}";
        return [.. rights.ToHashSet().Order(StringComparer.Ordinal)];

        static string Group(YamlNode rule) => Assert.Single(rule.Texts("apiGroups"));
    }
}
