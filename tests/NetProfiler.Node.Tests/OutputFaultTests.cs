using NetProfiler.Cli;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>What cannot be written is an error that names the file and the reason; a closed pipe is an ordinary end.</summary>
[Collection(LiveCollection.Name)]
public sealed class OutputFaultTests : IDisposable
{
    private const string Run = "run --port 9 --metrics-listen none";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("--help", "> /dev/full", "netprofiler: output to /dev/full: no space left on device")]
    [InlineData("check", "> /dev/full", "netprofiler: output to /dev/full: no space left on device")]
    [InlineData(Run + " --duration 1s --topology json", "> /dev/full", "netprofiler: topology to /dev/full: no space left on device")]
    [InlineData(Run + " --duration 20s --output table", "> /dev/full", "netprofiler: table to /dev/full: no space left on device")]
    [InlineData(Run + " --duration 1s --output none --har /dev/full", "", "netprofiler: har to /dev/full: no space left on device")]
    public async Task A_full_disk_is_an_error_that_names_the_file(string arguments, string redirection, string last)
    {
        Live.Require("bash");
        var (code, errors) = await ShellAsync($"{Agent.Program} {arguments} {redirection}");
        Assert.Equal(last, errors[^1]);
        Assert.Equal(1, code);
    }

    [SkippableFact]
    public async Task A_run_whose_messages_cannot_be_written_ends_in_order()
    {
        Live.Require("bash", "bpftool");
        for (int i = 0; i < 3; i++)
        {
            var (code, errors) = await ShellAsync(
                $"{Agent.Program} {Run} --duration 300ms --output none --record {_folder.File("run.rec")} 2> /dev/full");
            Assert.Equal(1, code);
            Assert.Empty(errors);
            await BpfLinks.AssertNoneLeftAsync();
            var (replayed, _, said) = await ReplayProgram.RunAsync(_folder.File("run.rec"));
            Assert.True(replayed == 0, string.Join('\n', said)); // it has its end
        }
    }

    [SkippableFact]
    public async Task A_full_disk_ends_the_lines_of_a_run()
    {
        Live.Require("nginx", "bash");
        await using var nginx = await Nginx.StartAsync();
        await using var run = ChildProcess.Start("bash", "-c",
            $"exec {Agent.Program} run --pid {nginx.Id} --metrics-listen none --output json --print exchanges > /dev/full");
        await run.WaitForLineAsync("netprofiler: capturing");
        using var client = await RawClient.ConnectAsync(nginx.Address);
        for (int i = 0; i < 3; i++) await client.SendAsync(RawRequest.Get("/small"));
        Assert.Equal(1, await run.WaitAsync());
        var errors = await run.Errors;
        Assert.Contains("  lines not written, output failed: 3", errors);
        Assert.Equal("netprofiler: output to /dev/full: no space left on device", errors[^1]);
    }

    [SkippableFact]
    public async Task A_full_disk_ends_the_recording_and_not_the_run()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--record", "/dev/full");
        await agent.Process.WaitForLineAsync(
            "netprofiler: record to /dev/full: no space left on device; the recording ends here, the run continues");
        using var client = await RawClient.ConnectAsync(nginx.Address);
        for (int i = 0; i < 3; i++) await client.SendAsync(RawRequest.Get("/small"));
        await Task.Delay(200);
        var run = await agent.StopAsync();
        Assert.Equal(3, run.Exchanges.Count);
        Assert.Contains("netprofiler: 3 exchanges in ", run.Summary, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [SkippableFact]
    public async Task A_replay_onto_a_full_disk_blames_the_disk_and_one_into_a_closed_pipe_nobody()
    {
        Live.Require("nginx", "bash");
        await using var nginx = await Nginx.StartAsync();
        string path = _folder.File("run.rec");
        await using (var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--record", path))
        {
            var mix = new TrafficMix(nginx.Address, nginx.Folder);
            await mix.PipelinedAsync(connections: 4, requests: 2000);
            await agent.StopAsync();
        }

        string replay = $"{Agent.Program} replay {path} --output json --print exchanges";
        var (code, errors) = await ShellAsync($"{replay} > /dev/full");
        Assert.Equal("netprofiler: output to /dev/full: no space left on device", errors[^1]);
        Assert.DoesNotContain(errors, line => line.Contains("ends within", StringComparison.Ordinal));
        Assert.Equal(1, code);

        (code, errors) = await ShellAsync($"{replay} | head -1 > /dev/null; exit ${{PIPESTATUS[0]}}");
        Assert.DoesNotContain(errors, line => line.Contains("ends within", StringComparison.Ordinal)
            || line.StartsWith("netprofiler: output", StringComparison.Ordinal));
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_delay_may_be_longer_than_a_timer_takes()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            LongDelay.WaitAsync(TimeSpan.FromDays(366), TimeProvider.System, stop.Token));
    }

    [SkippableTheory]
    [InlineData("60d")]
    [InlineData("8784h")]
    public async Task A_duration_may_be_longer_than_a_timer_takes(string duration)
    {
        Live.Require("bpftool");
        await using var agent = await Agent.StartAsync("--port", "9", "--duration", duration);
        await Task.Delay(300);
        var run = await agent.StopAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith("  no target: no connection has port 9", run.Summary, StringComparison.Ordinal);
        await BpfLinks.AssertNoneLeftAsync();
    }

    private static async Task<(int Code, List<string> Errors)> ShellAsync(string script)
    {
        await using var process = ChildProcess.Start("bash", "-c", script);
        int code = await process.WaitAsync(TimeSpan.FromSeconds(60));
        return (code, await process.Errors);
    }
}
