using NetProfiler.Node.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Node.Tests;

/// <summary>A replay tells what the run told; of packets, what the access log says.</summary>
[Collection(LiveCollection.Name)]
public sealed class ReplayTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("-s 262144")]
    [InlineData("-s 1600")]
    public async Task Captured_packets_show_what_nginx_logged_and_what_the_run_saw(string snapLength)
    {
        Live.Require("nginx", "tcpdump");
        await using var nginx = await Nginx.StartAsync();
        await using var tcpdump = await Tcpdump.StartAsync(_folder.File("nginx.pcap"), nginx.Port, snapLength.Split(' '));
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");

        if (snapLength.EndsWith("262144", StringComparison.Ordinal))
        {
            var mix = new TrafficMix(nginx.Address, nginx.Folder);
            await mix.KeepAliveAsync(connections: 4, requests: 100);
            await mix.ShortAsync(workers: 4, requests: 50);
            await mix.PipelinedAsync(connections: 2, requests: 200);
        }
        else
        {
            // Heads are whole, and bodies, of which the length is known, are not.
            using var one = await RawClient.ConnectAsync(nginx.Address);
            for (int i = 0; i < 5 * Nginx.FileSizes.Length; i++)
                await one.SendAsync(RawRequest.Get($"/f{i % Nginx.FileSizes.Length}?n={i}"));
        }

        await ChildProcess.RunAsync("curl", "-s", "-o", "/dev/null", $"http://{nginx.Address}/small", $"http://{nginx.Address}/fail",
            $"http://{nginx.Address}/no");
        var log = await nginx.QuitAsync();
        var live = await agent.StopAsync();
        string dropped = await tcpdump.StopAsync();

        var replay = await ReplayProgram.OfAsync(tcpdump.Path);
        output.WriteLine(replay.Summary);
        Assert.StartsWith("0 ", dropped, StringComparison.Ordinal);
        var facts = replay.Exchanges.Select(seen => seen.Fact).ToList();
        Facts.AssertSame(log.Select(line => line.Fact), facts, "access log", replay.Summary);
        Facts.AssertSame(live.Exchanges.Where(seen => seen.IsServer && seen.LocalPort == nginx.Port).Select(seen => seen.Fact), facts,
            "the run", replay.Summary);
        Assert.All(replay.Exchanges, seen => Assert.True(seen.IsServer && seen.LocalPort == nginx.Port));
        replay.AssertNothingLost();

        var client = await ReplayProgram.OfAsync(tcpdump.Path, "--role", "client");
        Facts.AssertSame(facts, client.Exchanges.Select(seen => seen.Fact), "the client's side");
        Assert.All(client.Exchanges, seen => Assert.True(!seen.IsServer && seen.RemotePort == nginx.Port));
    }

    [SkippableFact]
    public async Task A_capture_that_was_cut_is_told_and_how_to_make_one_that_works()
    {
        Live.Require("nginx", "tcpdump");
        await using var nginx = await Nginx.StartAsync();
        await using var tcpdump = await Tcpdump.StartAsync(_folder.File("cut.pcap"), nginx.Port, "-s", "128");
        using var client = await RawClient.ConnectAsync(nginx.Address);
        for (int i = 0; i < 8; i++) await client.SendAsync(RawRequest.Get($"/small?n={i}", $"X-Filler: {new string('x', 200)}\r\n"));
        await tcpdump.StopAsync();

        var replay = await ReplayProgram.OfAsync(tcpdump.Path);
        Assert.Empty(replay.Exchanges);
        Assert.Equal("  no HTTP/1.x seen", replay.Summary.Split('\n')[1]);
        // Each request, and each response.
        Assert.Equal(16, replay.Counted(
            "packets cut by the capture, which kept at most 128 bytes of each (to capture whole packets: tcpdump -s 0)"));
    }

    [SkippableFact]
    public async Task A_recording_prints_what_the_run_printed()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        string path = _folder.File("run.rec");
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--record", path);

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        await mix.KeepAliveAsync(connections: 8, requests: 200);
        await mix.PipelinedAsync(connections: 4, requests: 300);
        await mix.ShortAsync(workers: 4, requests: 100);
        await mix.BodiesAsync(connections: 4, requests: 100);
        await nginx.QuitAsync();
        var live = await agent.StopAsync();
        Assert.Equal(0, live.ExitCode);
        var printed = await agent.Process.Output;

        var (code, lines, errors) = await ReplayProgram.RunAsync(path);
        Assert.Equal(0, code);
        Assert.Equal(printed, lines);
        Assert.Equal(live.Summary.Split('\n').Skip(2), errors.Skip(1)); // all but the time that it took
        Assert.Equal("", string.Join(' ', (await ReplayProgram.RunAsync(path, "--port", "1")).Lines));
        Assert.Equal(printed.Count(line => line.Contains("\"role\":\"client\"", StringComparison.Ordinal)),
            (await ReplayProgram.RunAsync(path, "--role", "client")).Lines.Count);
    }

    [SkippableFact]
    public async Task A_recording_holds_no_secret()
    {
        Live.Require("nginx", "curl");
        await using var nginx = await Nginx.StartAsync();
        string path = _folder.File("secrets.rec");
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--record", path);
        string url = $"http://{nginx.Address}/through";
        await ChildProcess.RunAsync("curl", "-s", "-H", "Authorization: Bearer planted1", "-H", "X-Api-Key: planted2", "-b", "sid=planted3",
            $"{url}?access_token=planted4&q=kept");
        await ChildProcess.RunAsync("curl", "-s", "-d", "user=kept&password=planted5", url);
        await ChildProcess.RunAsync("curl", "-s", "-d",
            "{\"user\":\"kept\",\"password\":\"planted6\",\"x\":{\"client_secret\":\"planted7\"}}", url);
        await ChildProcess.RunAsync("curl", "-s", "-F", "user=kept", "-F", "password=planted8", url);
        await ChildProcess.RunAsync("curl", "-s", "-u", "kept:planted9", "-H", "Transfer-Encoding: chunked", "-d", "token=planted10", url);
        await nginx.QuitAsync();
        var run = await agent.StopAsync();
        Assert.True(run.Exchanges.Count >= 5);

        string file = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
        Assert.DoesNotContain("planted", file, StringComparison.Ordinal);
        Assert.Contains("access_token=********", file, StringComparison.Ordinal);
        Assert.DoesNotContain("user=kept", file, StringComparison.Ordinal); // content
        Assert.Contains("q=kept", file, StringComparison.Ordinal);
        Assert.Equal(run.Exchanges.Select(seen => seen.Fact with { Target = "" }),
            (await ReplayProgram.OfAsync(path)).Exchanges.Select(seen => seen.Fact with { Target = "" }));
    }

    [SkippableFact]
    public async Task A_pipe_is_told_as_it_comes()
    {
        Live.Require("nginx", "tcpdump", "bash", "curl");
        await using var nginx = await Nginx.StartAsync();
        string command = $"tcpdump -i lo -U -w - -Z root tcp port {nginx.Port} | {Agent.Program} replay - --print exchanges --output json";
        await using var pipe = ChildProcess.Start("bash", "-c", command);
        await pipe.WaitForLineAsync("listening on");
        await ChildProcess.RunAsync("curl", "-s", "-o", "/dev/null", $"http://{nginx.Address}/small?n=1");
        await pipe.WaitForLineAsync("/small?n=1"); // while tcpdump goes on
        await ChildProcess.RunAsync("curl", "-s", "-o", "/dev/null", $"http://{nginx.Address}/small?n=2");
        await pipe.WaitForLineAsync("/small?n=2");
    }

    [SkippableFact]
    public async Task A_cut_file_gives_what_is_before_and_ends_with_1()
    {
        Live.Require("nginx", "curl");
        await using var nginx = await Nginx.StartAsync();
        string path = _folder.File("run.rec");
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--record", path);
        for (int i = 0; i < 20; i++) await ChildProcess.RunAsync("curl", "-s", "-o", "/dev/null", $"http://{nginx.Address}/small?n={i}");
        await agent.StopAsync();
        byte[] whole = await File.ReadAllBytesAsync(path);
        int before = 0;
        foreach (int percent in new[] { 20, 50, 80, 99 })
        {
            string cut = _folder.File($"cut{percent}.rec");
            await File.WriteAllBytesAsync(cut, whole[..(whole.Length * percent / 100)]);
            var replay = await ReplayProgram.OfAsync(cut);
            Assert.Equal(1, replay.ExitCode);
            Assert.Matches(@"cut\d+\.rec: ends (within a record, at byte \d+|at byte \d+, before its last record); what is before it was read", replay.Summary);
            Assert.InRange(replay.Exchanges.Count, before, 20);
            before = replay.Exchanges.Count;
        }

        Assert.InRange(before, 15, 20);
    }

    [SkippableTheory]
    [InlineData(2, "FILE", "replay")]
    [InlineData(2, "--role", "replay - --role proxy")]
    [InlineData(2, "--port", "replay - --port 0")]
    [InlineData(1, "/no/such: no such file or directory", "replay /no/such")]
    [InlineData(1, "/tmp: ", "replay /tmp")]
    [InlineData(1, "/dev/null: is empty", "replay /dev/null")]
    [InlineData(1, "/etc/passwd: neither a recording nor a pcap or pcapng file", "replay /etc/passwd")]
    [InlineData(1, "record to /no/such/file: no such file or directory", "run --all --metrics-listen none --record /no/such/file")]
    public async Task A_fault_has_its_exit_code_and_one_line_that_names_it(int code, string names, string arguments)
    {
        Live.Require();
        await using var process = ChildProcess.Start(Agent.Program, arguments.Split(' '));
        Assert.Equal(code, await process.WaitAsync());
        Assert.Contains(names, Assert.Single(await process.Errors), StringComparison.Ordinal);
        Assert.Empty(await process.Output);
    }
}
