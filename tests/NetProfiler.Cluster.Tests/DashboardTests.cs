using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>
/// Dashboards and alerts ask for what there is, in words that Prometheus understands. No Grafana is asked: that its importer takes the
/// files is told from what it demands of them.
/// </summary>
public sealed partial class DashboardTests
{
    public static TheoryData<string> Dashboards =>
        [.. Directory.GetFiles(Repository.At("charts/netprofiler/dashboards"), "*.json").Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void A_dashboard_has_what_an_import_needs(string file)
    {
        var board = Read(file);
        var panels = board["panels"]!.AsArray().Select(panel => panel!).ToList();

        Assert.Null(board["id"]);
        Assert.InRange(((string)board["uid"]!).Length, 1, 40);
        Assert.NotEmpty((string)board["title"]!);
        Assert.InRange((int)board["schemaVersion"]!, 36, 41);
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel["id"]!).Distinct().Count());
        Assert.All(panels, panel =>
        {
            Assert.Contains((string)panel["type"]!, new[] { "row", "timeseries", "stat", "table", "heatmap" });
            Assert.InRange((int)panel["gridPos"]!["x"]! + (int)panel["gridPos"]!["w"]!, 1, 24);
            if ((string)panel["type"]! == "row") return;
            Assert.Equal("${datasource}", (string?)panel["datasource"]!["uid"]);
            var targets = panel["targets"]!.AsArray();
            Assert.Equal(targets.Count, targets.Select(target => (string)target!["refId"]!).Distinct().Count());
        });
        // No two panels are at one place.
        var cells = panels.SelectMany(panel => Cells(panel["gridPos"]!)).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void A_dashboard_asks_for_metrics_and_variables_that_there_are(string file)
    {
        var board = Read(file);
        var variables = board["templating"]!["list"]!.AsArray().Select(variable => (string)variable!["name"]!).ToHashSet();
        var queries = board["templating"]!["list"]!.AsArray().Select(variable => variable!["query"]).OfType<JsonObject>()
            .Select(query => (string)query["query"]!);

        Assert.All(Expressions(board).Concat(queries), expression =>
        {
            Assert.Subset(Families(), MetricsIn(expression));
            Assert.Subset(variables, Variable().Matches(expression).Select(match => match.Groups[1].Value)
                .Where(name => !name.StartsWith("__", StringComparison.Ordinal)).ToHashSet());
        });
    }

    [SkippableTheory]
    [MemberData(nameof(Dashboards))]
    public async Task Prometheus_understands_every_expression(string file)
    {
        var rules = string.Concat(Expressions(Read(file))
            .Select((expression, index) => $"  - record: one{index}\n    expr: {Quoted(Filled(expression))}\n"));
        await Check($"groups:\n- name: all\n  rules:\n{rules}");
    }

    [SkippableFact]
    public async Task And_every_alert()
    {
        var rule = (await Manifests.Kustomize("monitoring")).Single(item => item.Text("kind") == "PrometheusRule");
        await Check((await Tool.Run("kubectl", ["kustomize", Repository.At("config/prometheus")])).Succeeded.Split("---\n")
            .Single(text => text.Contains("kind: PrometheusRule", StringComparison.Ordinal)).Split("spec:\n")[1]
            .Replace("\n  ", "\n", StringComparison.Ordinal).Trim());
        Assert.All(rule.List("spec.groups").SelectMany(group => group.List("rules")), alert =>
        {
            Assert.Subset(Families(), MetricsIn(alert.Text("expr")!));
            Assert.NotNull(alert.Text("annotations.summary"));
        });
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Repository.At($"charts/netprofiler/dashboards/{file}")))!;

    private static IEnumerable<string> Expressions(JsonNode board) =>
        board["panels"]!.AsArray().SelectMany(panel => panel!["targets"]?.AsArray() ?? []).Select(target => (string)target!["expr"]!);

    private static IEnumerable<(int, int)> Cells(JsonNode place) =>
        from x in Enumerable.Range((int)place["x"]!, (int)place["w"]!) from y in Enumerable.Range((int)place["y"]!, (int)place["h"]!)
            select (x, y);

    private static string Filled(string expression) =>
        Variable().Replace(expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal)
            .Replace("$__range", "1h", StringComparison.Ordinal), ".*");

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static HashSet<string> MetricsIn(string expression) =>
        [.. Metric().Matches(expression).Select(match => Suffix().Replace(match.Value, ""))];

    /// <summary>Of the reference, which a test holds equal to what the processes serve.</summary>
    private static HashSet<string> Families() =>
        [.. Row().Matches(File.ReadAllText(Repository.At("docs/reference/metrics.md")))
            .Select(match => Suffix().Replace(match.Groups[1].Value, ""))];

    private static async Task Check(string rules)
    {
        Skip.IfNot(Tool.Exists("promtool"), "no promtool (scripts/setup test installs it)");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, rules);
            var result = await Tool.Run("promtool", ["check", "rules", file]);
            Assert.True(result.ExitCode == 0, $"{result.Output}{result.Error}\n{rules}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    // netprofiler_rule is a label.
    [GeneratedRegex(@"\b(?!netprofiler_rule\b)(http_(server|client)|netprofiler|process|workqueue|leader_election|controller_runtime|rest_client|reflector)_[a-z0-9_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex("_(total|bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"\$\{?([a-z_]+)\}?")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\| `([a-z0-9_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
