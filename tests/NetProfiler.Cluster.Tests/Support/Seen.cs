using System.Text.Json.Nodes;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>What the API server shows of tasks and configurations, in words that tests use.</summary>
internal static class Seen
{
    public static Task<JsonNode> TaskIs(this TestCluster cluster, string @namespace, string name, string promise,
        Func<JsonNode, bool> isSo) =>
        Eventually.Is($"task {@namespace}/{name} {promise}",
            async () => await cluster.Api.Find(Fakes.TaskPath(@namespace, name))
            ?? new JsonObject { ["metadata"] = new JsonObject() }, isSo);

    public static Task<JsonNode> TaskIsIn(this TestCluster cluster, string @namespace, string name, string phase) =>
        cluster.TaskIs(@namespace, name, $"is {phase}", task => task.Phase() == phase);

    public static Task TaskIsGone(this TestCluster cluster, string @namespace, string name) =>
        Eventually.IsTrue($"task {@namespace}/{name} is gone",
            async () => await cluster.Api.Find(Fakes.TaskPath(@namespace, name)) is null);

    public static Task<JsonNode> ConfigIs(this TestCluster cluster, string node, string promise, Func<JsonNode, bool> isSo) =>
        Eventually.Is($"the configuration of {node} {promise}",
            async () => await cluster.Api.Find(Fakes.ConfigPath(node)) ?? new JsonObject(), isSo);

    /// <summary>A namespace's events about tasks, once the last expected one is there; sorted, for their times are all the same.</summary>
    public static async Task<string> Events(this TestCluster cluster, string @namespace, string last)
    {
        string[] arguments =
        [
            "get", "events", "-n", @namespace, "--no-headers",
            "-o", "custom-columns=:type,:reason,:involvedObject.kind,:involvedObject.name,:message",
        ];
        var text = await Eventually.Is($"event {last} is there",
            async () => (await cluster.Kubectl(arguments)).Succeeded, events => events.Contains($" {last} ", StringComparison.Ordinal));

        var ours = text.Split('\n').Where(line => line.Contains(" NetworkProfilingTask ", StringComparison.Ordinal));
        return string.Join('\n', ours.Select(line => line.TrimEnd()).Order(StringComparer.Ordinal)) + "\n";
    }

    public static string? Phase(this JsonNode task) => (string?)task["status"]?["phase"];

    public static string? Uid(this JsonNode entity) => (string?)entity["metadata"]?["uid"];

    /// <summary>True, False, or null where there is none.</summary>
    public static string? Condition(this JsonNode task, string type) => (string?)task.ConditionNode(type)?["status"];

    public static string? Reason(this JsonNode task, string type) => (string?)task.ConditionNode(type)?["reason"];

    public static string? Message(this JsonNode task, string type) => (string?)task.ConditionNode(type)?["message"];

    /// <summary>Names of the tasks in a configuration that have a container, with their containers' ids.</summary>
    public static IReadOnlyDictionary<string, string[]> Targets(this JsonNode config) =>
        (config["spec"]?["tasks"] as JsonArray ?? [])
            .Where(task => task!["targets"] is JsonArray { Count: > 0 })
            .ToDictionary(
                task => $"{task!["namespace"]}/{task["name"]}",
                task => ((JsonArray)task!["targets"]!).Select(target => (string)target!["containerID"]!).Order(StringComparer.Ordinal)
                    .ToArray());

    private static JsonNode? ConditionNode(this JsonNode task, string type) =>
        (task["status"]?["conditions"] as JsonArray ?? []).FirstOrDefault(condition => (string?)condition!["type"] == type);
}
