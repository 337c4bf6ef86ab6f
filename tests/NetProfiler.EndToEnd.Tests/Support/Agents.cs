using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.EndToEnd.Tests.Support;

/// <summary>
/// The agents, and what they have attached by the kernel's own word. All nodes share this machine's kernel, so it can be asked.
/// </summary>
internal static class Agents
{
    public const int Port = 9465;

    private const string Selector = "app.kubernetes.io/name=netprofiler,app.kubernetes.io/component=agent";

    /// <summary>By node: the agents that run.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonNode>> Pods(World world) =>
        (await world.List(World.System, "pods", Selector))
            .Where(pod => pod["metadata"]!["deletionTimestamp"] is null && (string?)pod["status"]!["phase"] == "Running")
            .ToDictionary(pod => (string)pod["spec"]!["nodeName"]!);

    public static string NameOf(JsonNode pod) => (string)pod["metadata"]!["name"]!;

    /// <summary>The agent's process, as this machine numbers it.</summary>
    public static int ProcessOf(JsonNode pod)
    {
        var uid = (string)pod["metadata"]!["uid"]!;
        return Processes().Single(process => ReadOrEmpty($"/proc/{process}/cgroup").Contains(uid, StringComparison.Ordinal)
            && ReadOrEmpty($"/proc/{process}/comm").Trim() == "netprofiler");
    }

    /// <summary>Programs that an agent's process holds attached.</summary>
    public static IReadOnlySet<int> LinksOf(int process) => Held(process);

    public static async Task<int> Attached(World world) => (await Pods(world)).Values.Sum(pod => Held(ProcessOf(pod)).Count);

    /// <summary>No agent holds a program, and none that nobody holds is left in the kernel.</summary>
    public static async Task AssertNothingIsAttached(World world)
    {
        await Eventually.IsTrue("no agent has anything attached", async () => await Attached(world) == 0);
        await Eventually.IsTrue("no program is attached that no process holds", async () =>
        {
            var links = JsonNode.Parse((await Tool.Run("bpftool", ["link", "list", "-j"])).Succeeded) as JsonArray ?? [];
            return links.Select(link => (int)link!["id"]!).Except(Processes().SelectMany(Held)).Any() == false;
        });
    }

    public static Task AssertEveryNodeCaptures(World world, params string[] nodes) =>
        Eventually.IsTrue($"agents capture on {string.Join(" and ", nodes)}, and on no other node", async () =>
        (await Pods(world)).All(pod => Held(ProcessOf(pod.Value)).Count > 0 == nodes.Contains(pod.Key)));

    public static Task<string> Metrics(World world, JsonNode pod) => world.Get(World.System, NameOf(pod), Port, "/metrics");

    private static IEnumerable<int> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(int.Parse!);

    private static HashSet<int> Held(int process)
    {
        try
        {
            return [.. Directory.EnumerateFiles($"/proc/{process}/fdinfo").SelectMany(File.ReadLines)
                .Where(line => line.StartsWith("link_id:", StringComparison.Ordinal)).Select(line => int.Parse(line.AsSpan(8).Trim()))];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
