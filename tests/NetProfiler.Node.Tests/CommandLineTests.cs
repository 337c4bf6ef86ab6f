using NetProfiler.Capture;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>What the command line promises: exit codes, one clear line, and nothing left behind.</summary>
[Collection(LiveCollection.Name)]
public sealed class CommandLineTests
{
    /// <summary>By the tracepoints of the socket layer; the door of the default.</summary>
    private static readonly int Programs = CaptureDoors.IsOffered(CaptureDoor.Iterator) ? 16
        : CaptureDoors.IsOffered(CaptureDoor.Registers) ? 14 : 13;

    [SkippableTheory]
    [InlineData(2, "at least one target", "run")]
    [InlineData(2, "--frobnicate", "run --all --frobnicate")]
    [InlineData(2, "surplus", "run --all surplus")]
    [InlineData(2, "frobnicate", "frobnicate")]
    [InlineData(2, "command", "")]
    [InlineData(2, "--pid", "run --pid")]
    [InlineData(2, "--pid", "run --pid abc")]
    [InlineData(2, "--pid 0", "run --pid 0")]
    [InlineData(2, "--pid -5", "run --pid=-5")]
    [InlineData(2, "--port 70000", "run --port 70000")]
    [InlineData(2, "--comm sixteen-bytes-xx", "run --comm sixteen-bytes-xx")]
    [InlineData(2, "--comm sixteen-bytes-xx", "run --comm nginx,sixteen-bytes-xx")]
    [InlineData(2, "--duration 367d: write a time like 500ms, 30s, 5m, 2h, 7d; at most 366d", "run --all --duration 367d")]
    [InlineData(2, "--skywalking ***@oap:11800: write HOST:PORT", "run --all --skywalking user:secret@oap:11800")]
    [InlineData(2, "--duration 5parsecs", "run --all --duration 5parsecs")]
    [InlineData(2, "--duration -5s", "run --all --duration=-5s")]
    [InlineData(2, "--duration 0", "run --all --duration 0")]
    [InlineData(2, "--output", "run --all --output xml")]
    [InlineData(2, "--print", "run --all --print everything")]
    [InlineData(2, "--pairing sure: write one of any, proven", "replay no.rec --pairing sure")]
    [InlineData(2, "--metrics-listen", "run --all --metrics-listen nowhere")]
    [InlineData(2, "--metrics-listen", "run --all --metrics-listen 127.0.0.1:99999")]
    [InlineData(2, "--zipkin localhost:9411: write http://HOST", "run --all --zipkin localhost:9411")]
    [InlineData(2, "--zipkin ftp://zipkin", "run --all --zipkin ftp://zipkin")]
    [InlineData(2, "--skywalking oap:port", "run --all --skywalking oap:port")]
    [InlineData(2, "--otlp collector", "run --all --otlp collector")]
    [InlineData(2, "--otlp http://", "replay no.rec --otlp http://")]
    [InlineData(2, "/no/such/exporters.yaml: no such file", "node --node-name a --exporters /no/such/exporters.yaml")]
    [InlineData(1, "har to /no/such/a.har: no such file or directory", "run --all --metrics-listen none --har /no/such/a.har")]
    [InlineData(1, "process 4194304 does not exist", "run --metrics-listen none --pid 4194304")]
    [InlineData(1, "cgroup /no/such does not exist", "run --metrics-listen none --cgroup /no/such")]
    public async Task A_fault_has_its_exit_code_and_one_line_that_names_it(int code, string names, string arguments)
    {
        Live.Require("bpftool");
        await using var process = ChildProcess.Start(Agent.Program, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(code, await process.WaitAsync());
        string line = Assert.Single(await process.Errors);
        Assert.StartsWith("netprofiler: ", line, StringComparison.Ordinal);
        Assert.Contains(names, line, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", line, StringComparison.Ordinal);
        Assert.Empty(await process.Output);
        await BpfLinks.AssertNoneLeftAsync();
    }

    [SkippableFact]
    public async Task A_port_that_is_taken_fails_the_run_and_detaches_it()
    {
        Live.Require("bpftool");
        using var listener = FreePort.Listen();
        await using var process = ChildProcess.Start(Agent.Program, "run", "--all", "--output", "none", "--metrics-listen",
            $"{listener.LocalEndpoint}");
        Assert.Equal(1, await process.WaitAsync());
        Assert.Equal([$"netprofiler: cannot listen on {listener.LocalEndpoint}: address already in use"], await process.Errors);
        await BpfLinks.AssertNoneLeftAsync();
    }

    [SkippableFact]
    public async Task A_task_file_that_may_not_be_read_is_told_so()
    {
        Live.Require("setpriv");
        string path = Path.GetTempFileName();
        await ChildProcess.Start("chmod", ["0", path]).WaitAsync();
        const string without = "-dac_override,-dac_read_search";
        await using var process = ChildProcess.Start(
            "setpriv", [$"--bounding-set={without}", $"--inh-caps={without}", Agent.Program, "run", "--all", "-f", path]);
        Assert.Equal(2, await process.WaitAsync());
        Assert.Equal([$"netprofiler: {path}: permission denied"], await process.Errors);
        File.Delete(path);
    }

    [SkippableTheory]
    [InlineData("setpriv --bounding-set=-all --inh-caps=-all")]
    [InlineData("capsh --drop=cap_bpf,cap_perfmon,cap_sys_admin --shell=/usr/bin/env --")]
    public async Task Without_capabilities_it_says_which_and_what_to_do(string without)
    {
        string[] command = without.Split(' ');
        Live.Require(command[0], "bpftool");
        await using var process = ChildProcess.Start(command[0],
            [.. command[1..], Agent.Program, "run", "--all", "--metrics-listen", "none"]);
        Assert.Equal(3, await process.WaitAsync());
        string line = Assert.Single(await process.Errors);
        Assert.Contains("missing BPF and PERFMON", line, StringComparison.Ordinal);
        Assert.Contains("run as root (sudo), or give the process the capabilities BPF and PERFMON", line, StringComparison.Ordinal);
        await BpfLinks.AssertNoneLeftAsync();
    }

    [SkippableTheory]
    [InlineData("Interrupt")]
    [InlineData("Terminate")]
    [InlineData("Hangup")]
    public async Task A_signal_drains_and_summarises(string signal)
    {
        Live.Require("nginx", "bpftool");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");
        var links = BpfLinks.Of(agent.Id);
        Assert.Equal(Programs, links.Count);
        Assert.Superset(links, await BpfLinks.ListAsync());

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        await mix.PipelinedAsync(connections: 1, requests: 300);
        var run = await agent.StopAsync(Enum.Parse<Signal>(signal)); // at once: what is in the ring is drained

        Facts.AssertSame(mix.Truth, run.Exchanges.Where(seen => seen.LocalPort == nginx.Port).Select(seen => seen.Fact), "drained",
            run.Summary);
        Assert.Contains($"netprofiler: {run.Exchanges.Count} exchanges in ", run.Summary, StringComparison.Ordinal);
        run.AssertNothingLost();
        await BpfLinks.AssertNoneLeftAsync();
        Assert.Empty(links.Intersect(await BpfLinks.ListAsync()));
    }

    [SkippableTheory]
    [InlineData("INT", "0")]        // as a script has it for what it starts with &
    [InlineData("HUP", "alive 0")]  // as under nohup
    public async Task An_ignored_interrupt_counts_and_an_ignored_hangup_does_not(string signal, string expected)
    {
        Live.Require("bash");
        using var folder = new TemporaryFolder();
        string errors = folder.Write("errors", "");
        await using var process = ChildProcess.Start("bash", "-c", $"""
            trap '' {signal}
            {Agent.Program} run --port 9 --metrics-listen none --output none 2> {errors} & run=$!
            until grep -q capturing {errors}; do sleep 0.1; done
            kill -{signal} $run; sleep 1
            kill -0 $run 2> /dev/null && echo -n 'alive '
            kill -TERM $run 2> /dev/null
            wait $run; echo $?
            """);
        await process.WaitAsync();
        Assert.Equal([expected], await process.Output);
        Assert.Equal("  no target: no connection has port 9", (await File.ReadAllLinesAsync(errors))[^1]);
    }

    [SkippableFact]
    public async Task A_duration_ends_the_run()
    {
        Live.Require();
        await using var agent = await Agent.StartAsync("--pid", $"{Environment.ProcessId}", "--duration", "500ms");
        var run = await agent.EndAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.Matches("exchanges in 0\\.[5-9] s\n  no HTTP/1.x seen: 1 process was a target$", run.Summary);
    }

    [SkippableFact]
    public async Task A_killed_run_leaves_nothing_attached()
    {
        Live.Require("bpftool");
        await using var agent = await Agent.StartAsync("--pid", $"{Environment.ProcessId}");
        var links = BpfLinks.Of(agent.Id);
        Assert.Equal(Programs, links.Count);
        agent.Process.Send(Signal.Kill);
        await agent.Process.WaitAsync();
        await BpfLinks.AssertNoneLeftAsync();
        Assert.Empty(links.Intersect(await BpfLinks.ListAsync()));
    }

    [SkippableFact]
    public async Task A_closed_pipe_ends_the_run()
    {
        Live.Require("nginx", "bash");
        await using var nginx = await Nginx.StartAsync();
        string run = $"{Agent.Program} run --pid {nginx.Id} --metrics-listen none --output json --print exchanges";
        await using var pipe = ChildProcess.Start("bash", "-c", $"{run} | head -1; echo code ${{PIPESTATUS[0]}}");
        await pipe.WaitForLineAsync("netprofiler: capturing");

        using var client = await RawClient.ConnectAsync(nginx.Address);
        var ended = pipe.WaitForLineAsync("code ");
        for (int i = 0; i < 500 && !ended.IsCompleted; i++)
        {
            await client.SendAsync(RawRequest.Get($"/small?n={i}"));
            await Task.Delay(10);
        }

        await ended;
        var output = await pipe.Output;
        Assert.Equal(2, output.Count);
        Assert.Contains("\"target\":\"/small?n=0\"", output[0], StringComparison.Ordinal);
        Assert.Equal("code 0", output[1]);
    }
}
