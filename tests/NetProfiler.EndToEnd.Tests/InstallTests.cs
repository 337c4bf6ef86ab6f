using NetProfiler.EndToEnd.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>What the chart's output is on a real cluster.</summary>
[Collection(WorldCollection.Name)]
public sealed class InstallTests(World world)
{
    [SkippableFact]
    public async Task Every_node_has_an_agent_and_the_operator_leads_once()
    {
        World.Require();
        Assert.Equal(["node1", "node2"], (await Agents.Pods(world)).Keys.Order());

        var operators = await world.List(World.System, "pods", "app.kubernetes.io/component=operator");
        Assert.Equal(["node1", "node2"], operators.Select(pod => (string)pod["spec"]!["nodeName"]!).Order());
        var leaders = await Task.WhenAll(operators.Select(pod => world.Get(World.System, Agents.NameOf(pod), 8080, "/metrics")));
        Assert.Single(leaders, metrics => metrics.Contains("leader_election_master_status{name=\"netprofiler-operator\"} 1",
            StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task An_agent_has_four_capabilities_and_a_filter_of_system_calls()
    {
        World.Require();
        foreach (var pod in (await Agents.Pods(world)).Values)
        {
            var status = File.ReadLines($"/proc/{Agents.ProcessOf(pod)}/status").Select(line => line.Split(':', 2))
                .ToDictionary(pair => pair[0], pair => pair[1].Trim());
            const ulong Bpf = 1ul << 39, PerfMon = 1ul << 38, SysPtrace = 1ul << 19, DacReadSearch = 1ul << 2;
            Assert.Equal($"{Bpf | PerfMon | SysPtrace | DacReadSearch:x16}", status["CapEff"]);
            Assert.Equal(status["CapEff"], status["CapBnd"]);
            Assert.Equal(("1", "2"), (status["NoNewPrivs"], status["Seccomp"]));
        }
    }

    [SkippableFact]
    public async Task Without_a_task_nothing_is_attached()
    {
        World.Require();
        Assert.Empty(await world.List("shop", "networkprofilingtasks"));
        await Agents.AssertNothingIsAttached(world);
    }

    [SkippableFact]
    public async Task An_agent_that_is_idle_takes_no_time()
    {
        World.Require();
        await Agents.AssertNothingIsAttached(world);
        var processes = (await Agents.Pods(world)).Values.Select(Agents.ProcessOf).ToList();
        var before = processes.Sum(Ticks);
        await Task.Delay(TimeSpan.FromSeconds(5));

        // In hundredths of a second; of 500, for each of two.
        Assert.InRange(processes.Sum(Ticks) - before, 0, 50);
    }

    [SkippableFact]
    public async Task The_operator_does_not_run_as_root()
    {
        World.Require();
        var pod = Assert.Single((await world.List(World.System, "pods", "app.kubernetes.io/component=operator")).Take(1));
        Assert.Equal("65532", (await world.Kubectl("-n", World.System, "exec", Agents.NameOf(pod), "--", "id", "-u")).Trim());
        Assert.NotEqual(0, (await world.TryKubectl("-n", World.System, "exec", Agents.NameOf(pod), "--", "touch", "/tmp/any")).ExitCode);
    }

    private static long Ticks(int process)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(')')[1].Split(' ');
        return long.Parse(fields[12]) + long.Parse(fields[13]);
    }
}
