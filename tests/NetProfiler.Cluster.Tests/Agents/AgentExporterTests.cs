using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Cluster.Tests.Support;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Telemetry.Tests.Export;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>Where an agent sends the samples of each task.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AgentExporterTests(TestCluster cluster)
{
    [SkippableFact]
    public async Task Each_tasks_samples_reach_the_exporter_that_it_names_and_no_other()
    {
        await using var first = await TestCollector.StartAsync(HttpProtocols.Http1);
        await using var second = await TestCollector.StartAsync(HttpProtocols.Http1);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file,
            $"exporters: {{first: {{zipkin: 'http://127.0.0.1:{first.Port}'}}, second: {{zipkin: 'http://127.0.0.1:{second.Port}'}}}}");
        await using var node = await Node.Start(cluster, "exporting", "--exporters", file);
        await using var one = await Container.Start();
        await using var other = await Container.Start();
        await using var none = await Container.Start();
        Share[] shares =
        [
            new("one", one) { Exporter = "first" }, new("other", other) { Exporter = "second" }, new("none", none),
            new("gone", one) { Exporter = "nowhere" },
        ];
        await node.Config.Set(shares);
        foreach (var share in shares) await node.Config.Is(share, "Capturing");
        await Task.WhenAll(one.Drive(60), other.Drive(30), none.Drive(90));

        // All four are counted and sampled; what is sent is of those that name an exporter that there is.
        foreach (var (share, container) in shares.Zip(new[] { one, other, none, one })) await node.Config.Counts(share, container.Log);
        await Eventually.IsTrue("samples were sent",
            async () => await Sent("first") == Failed(one) && await Sent("second") == Failed(other));
        Assert.Equal((Failed(one), Failed(other)), (Spans(first, one), Spans(second, other)));

        var gone = (await node.Config.Says(shares[3], "says that it cannot send", task => (string?)task["reason"] == "ExporterNotFound"))!;
        Assert.Equal(
            ("Capturing", "there is no exporter \"nowhere\": known are first, second; samples are kept for the task's status only"),
            ((string?)gone["state"], (string?)gone["message"]));
        Assert.NotEmpty((JsonArray)gone["topTraces"]!["serverErrors"]!);
        Assert.Null((await node.Config.Is(shares[0], "Capturing"))["reason"]);
        File.Delete(file);

        async Task<int> Sent(string exporter)
        {
            var line = (await node.Agent.Read("/metrics")).Text.Split('\n')
                .FirstOrDefault(text => text.StartsWith($"netprofiler_exporter_samples_sent_total{{exporter=\"{exporter}/zipkin\"}}",
                    StringComparison.Ordinal));
            return line is null ? 0 : (int)double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [SkippableFact]
    public async Task A_collector_that_is_down_is_reported_until_it_takes_samples_again()
    {
        int port = FreePort.Take();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"exporters: {{oap: {{zipkin: 'http://127.0.0.1:{port}'}}}}");
        await using var node = await Node.Start(cluster, "collector-down", "--exporters", file);
        await using var container = await Container.Start();
        Share sending = new("sending", container) { Exporter = "oap" }, keeping = new("keeping", container);
        await node.Config.Set(sending, keeping);
        await node.Config.Is(sending, "Capturing");
        Assert.Equal("{}", (await node.Config.Is(sending, "Capturing"))["exporting"]?.ToJsonString());

        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        await container.Drive(30);
        var task = await node.Config.Says(sending, "reports the collector", one => one["exporting"]?["failingSince"] is not null);
        Assert.Equal("oap/zipkin", (string?)task["exporting"]!["exporter"]);
        Assert.Contains("refused", (string?)task["exporting"]!["message"], StringComparison.OrdinalIgnoreCase);
        Assert.InRange((DateTimeOffset)task["exporting"]!["failingSince"]!, before, DateTimeOffset.UtcNow);
        Assert.Null((await node.Config.Is(keeping, "Capturing"))["exporting"]);

        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1, port);
        await node.Config.Says(sending, "takes samples again", one => one["exporting"]?.ToJsonString() == "{}");
        Assert.Equal(Failed(container), Spans(collector, container));
        await Eventually.IsTrue("both are logged, once", () => Task.FromResult(Lines("takes no samples") == 1 && Lines("again") == 1));
        File.Delete(file);

        int Lines(string words) => node.Agent.Said.Split('\n').Count(line => line.Contains($"Collector oap/zipkin", StringComparison.Ordinal)
            && line.Contains(words, StringComparison.Ordinal));
    }

    private static int Failed(Container container) => container.Log.Count(one => one.Status >= 400);

    /// <summary>Spans that the collector has got; all of them are of this container.</summary>
    private static int Spans(TestCollector collector, Container container)
    {
        var spans = collector.Requests.SelectMany(request => (JsonArray)JsonNode.Parse(request.Body)!).ToList();
        Assert.All(spans, span => Assert.Contains($":{container.Port}", span!.ToJsonString(), StringComparison.Ordinal));
        return spans.Count;
    }
}
