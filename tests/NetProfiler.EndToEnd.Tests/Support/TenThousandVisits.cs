using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using NetProfiler.Cluster.Tests.Support;
using NetProfiler.Shop;

namespace NetProfiler.EndToEnd.Tests.Support;

/// <summary>
/// Ten thousand visits to the shop, of which everything is known, while four tasks look: the sample task of the docs at the cart, and one
/// at each tier that samples every failed and slow request. Meanwhile a namespace that no task may see is visited too.
/// </summary>
public sealed class TenThousandVisits(World world) : IAsyncLifetime
{
    /// <summary>In the paths and traces of the namespace that no task may see.</summary>
    public const int SecretNumber = 7_700_000;

    private const string Failed = "sampling: {topN: 10, maxSamplesPerSecond: 1000, rules: [{name: failed, when4xx: true, when5xx: true, "
        + "minDurationMilliseconds: 1500, collect: {request: Full, response: Headers, maxRequestBytes: 4096}}]}";
    private const string Far = "sampling: {topN: 10, maxSamplesPerSecond: 1000, rules: [{name: far, minDurationMilliseconds: 250}]}";
    private const string DurationCount = "http_server_request_duration_seconds_count";

    internal static readonly IReadOnlyList<Visit> Visits = [.. Enumerable.Range(0, Visit.All).Select(number => new Visit(number))];

    private readonly List<ProfilingTask> _tasks = [];

    internal TimeSpan TimeToRun { get; private set; }

    /// <summary>Of the sample task, when it ran first.</summary>
    internal JsonNode Running { get; private set; } = new JsonObject();

    /// <summary>By task, when everything is counted.</summary>
    internal Dictionary<string, JsonNode> Results { get; } = [];

    /// <summary>What agents had counted of the shop's tiers before.</summary>
    internal Dictionary<string, double> CountedBefore { get; } = [];

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("NETPROFILER_E2E") is null) return;

        // First requests are slow everywhere, and would be sampled for it.
        await world.Visit(2 * Visit.All, 500, connections: 16);
        foreach (var tier in new[] { "edge", "cart", "stock" }) CountedBefore[tier] = await CountedOf(tier);
        await StartPrometheus();

        // Nor is it the first task that is timed: what a new operator and new agents do first takes them longer, up to five seconds more.
        await using (var first = await ProfilingTask.OfCart(world, "first")) _ = await first.Runs(pods: 3, nodes: 2);
        await Agents.AssertNothingIsAttached(world);

        await world.Apply(await File.ReadAllTextAsync(Repository.At("config/samples/networkprofilingtask_cart_slow.yaml")));
        _tasks.Add(ProfilingTask.Of(world, "cart-slow"));
        var created = Stopwatch.GetTimestamp();
        Running = await _tasks[0].Runs(pods: 3, nodes: 2);
        TimeToRun = Stopwatch.GetElapsedTime(created);

        foreach (var (tier, sampling) in new[] { ("edge", Failed), ("cart", Failed), ("stock", Far) })
            _tasks.Add(await ProfilingTask.Create(world, tier,
                $"{{targets: [{{podSelector: {{matchLabels: {{app: {tier}}}}}}}], direction: Server, activeDeadlineSeconds: 1200, "
                    + $"exportRef: {{name: collector}}, {sampling}}}"));
        foreach (var (task, pods) in _tasks.Zip([3, 2, 3, 2])) await task.Runs(pods, nodes: 2);

        await Task.WhenAll(world.Visit(0, Visit.All, connections: 8),
            world.Visit(SecretNumber, 100, url: "http://10.96.0.53:8080", @namespace: "vault"));
        var results = await Task.WhenAll(_tasks.Select(task => task.Settled()));
        foreach (var (task, result) in _tasks.Zip(results)) Results[task.Name] = result;
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        foreach (var task in _tasks) await task.DisposeAsync();
    }

    /// <summary>The sum of an instant query's results.</summary>
    internal async Task<double> Query(string expression)
    {
        var answer = JsonNode.Parse(await world.Get("observability", "prometheus", 9090,
            $"/api/v1/query?query={Uri.EscapeDataString(expression)}"))!;
        Assert.Equal("success", (string?)answer["status"]);
        return answer["data"]!["result"]!.AsArray().Sum(one => double.Parse((string)one!["value"]![1]!, CultureInfo.InvariantCulture));
    }

    internal async Task<JsonArray> Received(string what) =>
        JsonNode.Parse(await world.Get("observability", "collector", 9411, $"/received/{what}"))!.AsArray();

    private async Task<double> CountedOf(string tier)
    {
        var texts = await Task.WhenAll((await Agents.Pods(world)).Values.Select(pod => Agents.Metrics(world, pod)));
        return texts.SelectMany(text => text.Split('\n'))
            .Where(line => line.StartsWith(DurationCount, StringComparison.Ordinal)
                && line.Contains($"k8s_workload_name=\"{tier}\"", StringComparison.Ordinal)
                && line.Contains("k8s_namespace_name=\"shop\"", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    private async Task StartPrometheus()
    {
        var addresses = (await Agents.Pods(world)).Values.Select(pod => $"\"{pod["status"]!["podIP"]}:{Agents.Port}\"");
        var manifest = await File.ReadAllTextAsync(Repository.At("tests/NetProfiler.EndToEnd.Tests/manifests/prometheus.yaml"));
        _ = await world.Kubectl("-n", "observability", "delete", "pod", "prometheus", "--ignore-not-found");
        await world.Apply(manifest.Replace("TARGETS", string.Join(", ", addresses), StringComparison.Ordinal));
        _ = await world.Kubectl("-n", "observability", "wait", "--for=condition=Ready", "--timeout=180s", "pod/prometheus");
    }
}
