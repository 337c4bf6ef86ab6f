using NetProfiler.Cluster.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>TLS is read for the tasks that request it, in their containers, and for no longer than they last.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AgentTlsTests(TestCluster cluster)
{
    private const string Secret = "planted-3f9c1d";

    /// <summary>The capabilities of the chart's agents.</summary>
    private static readonly string[] AsInTheChart =
        ["setpriv", "--bounding-set", "-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search", "--inh-caps", "-all"];

    [SkippableFact]
    public async Task Only_the_task_that_requests_it_sees_TLS_and_only_while_it_lasts()
    {
        Require();
        await using var node = await Node.Start(cluster, "tls");
        await using var container = await Container.Start();
        await using var other = await Container.Start();
        Share clear = new("clear", container, other), reading = new("reading", container) { ReadsTls = true };
        await node.Config.Set(clear);
        await node.Config.Is(clear, "Capturing");
        await Task.WhenAll(container.Drive(30), container.DriveTls(30));
        Assert.Equal(0, Probes(node, container));
        int before = container.Log.Count;

        await node.Config.Set(clear, reading);
        await node.Config.Is(reading, "Capturing");
        Assert.True(Probes(node, container) > 0);
        await Task.WhenAll(container.Drive(60), container.DriveTls(60, Secret), container.DriveTls(90), other.DriveTls(30));
        var task = await node.Config.Counts(reading, [.. container.Log.Skip(before)]);
        Assert.Equal(("2", null), ($"{task["counts"]!["tls"]!["read"]}", task["counts"]!["tls"]!["unread"]));
        Assert.Null(task["tlsFault"]);
        Assert.Equal(0, Probes(node, other));

        await node.Config.Set(clear);
        await Eventually.IsTrue("no probe is left", () => Task.FromResult(Probes(node, container) == 0));
        await container.DriveTls(30);
        int between = container.Log.Count;

        var again = new Share("again", container) { ReadsTls = true };
        await node.Config.Set(clear, again);
        await node.Config.Is(again, "Capturing");
        await Task.WhenAll(container.DriveTls(60), container.Drive(30));
        task = await node.Config.Counts(again, [.. container.Log.Skip(between)]);
        Assert.Equal(("1", null), ($"{task["counts"]!["tls"]!["read"]}", task["counts"]!["tls"]!["unread"]));

        // To it each of six TLS connections speaks another protocol, and nothing inside them exists.
        await AssertClear(node, clear, container, connections: 6);
        var metrics = (await node.Agent.Read("/metrics")).Text;
        Assert.Contains("tls=\"true\"", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, metrics + (await node.Config.Find())!.ToJsonString() + node.Agent.Said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task With_the_capabilities_of_the_chart_the_library_of_another_container_is_read()
    {
        Require();
        Skip.IfNot(Tool.Exists("setpriv") && Tool.Exists("unshare"), "needs setpriv and unshare (util-linux)");
        await cluster.StopOperator();
        await using var agent = await NodeAgent.StartBehind(AsInTheChart, cluster, "tls-rights");
        await using var config = new NodeConfig(cluster, "tls-rights");
        await agent.IsReady();
        await using var container = await Container.Start(hasLibraryOfItsOwn: true);
        var share = new Share("rights", container) { ReadsTls = true };
        await config.Set(share);
        await config.Is(share, "Capturing");
        await container.DriveTls(90); // on a new connection: with these capabilities, older ones are read from a later byte on
        var task = await config.Counts(share, container.Log);
        Assert.Equal(("1", null), ($"{task["counts"]!["tls"]!["read"]}", task["counts"]!["tls"]!["unread"]));
    }

    [SkippableFact]
    public async Task A_connection_that_is_not_read_is_counted_by_its_reason_at_the_end_of_the_task()
    {
        Require();
        await using var node = await Node.Start(cluster, "tls-older");
        await using var container = await Container.Start();
        Share clear = new("clear", container), reading = new("reading", container) { ReadsTls = true };
        await node.Config.Set(clear);
        await node.Config.Is(clear, "Capturing");
        using var idle = Container.TlsClient();
        await container.DriveTls(idle, 30);
        int before = container.Log.Count;

        await node.Config.Set(clear, reading);
        await node.Config.Is(reading, "Capturing");
        await container.DriveTls(60);
        await node.Config.Says(reading, "has counted 60 requests", one => (int?)one["counts"]?["requests"] >= 60);
        await node.Config.Set(clear, reading with { NotAfter = DateTimeOffset.UtcNow.AddSeconds(-1) });
        var task = await node.Config.Says(reading, "has ended",
            one => (string?)one["state"] == "Finished" && one["counts"]!["tls"]!["unread"] is not null);
        Assert.Equal(container.Log.Count - before, (int)task["counts"]!["requests"]!);
        Assert.Equal("""{"read":1,"unread":[{"connections":1,"reason":"attached_later"}]}""", task["counts"]!["tls"]!.ToJsonString());
    }

    private static void Require() =>
        Skip.If(Environment.OSVersion.Version < new Version(6, 16), "needs a kernel that tells which process a link probes");

    private static int Probes(Node node, Container container) =>
        container.Processes.Sum(process => BpfProbes.Between(node.Agent.Id, process));

    private static async Task AssertClear(Node node, Share share, Container container, int connections)
    {
        var truth = container.Log.Where(one => !one.IsTls).ToList();
        var task = await node.Config.Says(share, $"has counted {truth.Count} requests and {connections} connections of TLS", one =>
            (long?)one["counts"]?["requests"] >= truth.Count && (long?)one["counts"]?["unparsed"] >= connections);
        var counts = task["counts"]!;
        Assert.Equal((truth.Count, truth.Sum(one => one.RequestBytes), truth.Sum(one => one.ResponseBytes), connections),
            ((int)counts["requests"]!, (long)counts["requestBytes"]!, (long)counts["responseBytes"]!, (int)counts["unparsed"]!));
        Assert.Null(counts["tls"]);
    }
}
