using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>Sessions that are older than the run, processes that come and go, and what nobody asked for.</summary>
[Collection(LiveCollection.Name)]
public sealed class TlsLifeTests
{
    private const int Connections = 12;

    /// <remarks>The first exchange that is seen whole is never shown; after eight that took turns the others are, as assumed
    /// (docs/http1.md).</remarks>
    [SkippableFact]
    public async Task A_session_that_is_older_than_the_run_is_read_on_its_own_socket()
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder));
        var clients = new List<RawClient>();
        try
        {
            for (int i = 0; i < Connections; i++) clients.Add(await RawClient.ConnectAsync(nginx.Address, TlsFiles.Client()));
            foreach (var client in clients) await client.SendAsync(RawRequest.Get($"/small?before={client.Port}"));
            await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls");

            const int requests = 40, mostUnproven = 12;
            var truth = new List<Fact>();
            for (int i = 0; i < requests; i++)
            {
                foreach (var client in clients) truth.Add(await client.SendAsync(RawRequest.Get($"/small?port={client.Port}&n={i}")));
            }

            clients.ForEach(client => client.Dispose());
            await nginx.QuitAsync();
            var run = await agent.StopAsync();

            AssertReadFromTheMiddle(run, truth, Connections * (requests - mostUnproven));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Each exchange that was read is one of the truth, once, and on its own socket.</summary>
    private static void AssertReadFromTheMiddle(AgentRun run, List<Fact> truth, int least)
    {
        Assert.Equal(0, run.ExitCode);
        Assert.InRange(run.Exchanges.Count, least, truth.Count);
        Assert.Empty(run.Exchanges.Select(seen => seen.Fact).Except(truth));
        Assert.Equal(run.Exchanges.Count, run.Exchanges.Select(seen => seen.Fact).Distinct().Count());
        Assert.All(run.Exchanges, seen => Assert.Contains($"port={seen.RemotePort}&", seen.Target));
        Assert.All(run.Exchanges, seen => Assert.Equal((true, "1.3"), (seen.Tls, seen.TlsVersion)));
    }

    /// <remarks>
    /// The program sends what the session encrypted: from the first such call on the session is bound. Then as above.
    /// </remarks>
    [SkippableTheory]
    [InlineData("asyncio")]
    [InlineData("Kestrel")]
    [InlineData("node")]
    public async Task A_session_with_memory_buffers_that_is_older_than_the_run_is_read_on_its_own_socket(string family)
    {
        TlsTests.Require(family switch { "asyncio" => ["python3"], "Kestrel" => [], _ => [family] });
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        var address = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, FreePort.Take());
        await using var server = await TlsServers.StartAsync(family, folder, address);
        var clients = new List<RawClient>();
        try
        {
            for (int i = 0; i < Connections; i++) clients.Add(await RawClient.ConnectAsync(address, TlsFiles.Client()));
            foreach (var client in clients) await client.SendAsync(RawRequest.Get($"/small?before={client.Port}"));
            await using var agent = await Agent.StartAsync("--pid", $"{server.Id}", "--tls");

            // The first requests ask for the probes, which are attached while the clients wait.
            const int requests = 40, mostUnproven = 15;
            var truth = new List<Fact>();
            for (int i = 0; i < requests; i++)
            {
                foreach (var client in clients) truth.Add(await client.SendAsync(RawRequest.Get($"/small?port={client.Port}&n={i}")));
                if (i == 0) await Task.Delay(500);
            }

            clients.ForEach(client => client.Dispose());
            var run = await agent.StopAsync();

            AssertReadFromTheMiddle(run, truth, Connections * (requests - mostUnproven));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [SkippableFact]
    public async Task Workers_that_a_reload_starts_are_read_and_what_is_not_is_counted()
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder));
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls");
        int[] before = nginx.Workers;

        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client() };
        await mix.ShortAsync(workers: 4, requests: 50);
        nginx.Reload();
        while (nginx.Workers.Intersect(before).Any()) await Task.Delay(20);
        await TlsTests.ProbedAsync(agent, nginx.Workers);
        await mix.ShortAsync(workers: 4, requests: 50);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Facts.AssertSame(mix.Truth, run.Exchanges.Select(seen => seen.Fact), "clients", run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.Contains(run.Exchanges, seen => !before.Contains(seen.Process.Pid));
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task A_worker_that_is_killed_leaves_no_wrong_pair()
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(tls: TlsFiles.NginxLines(folder));
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls");

        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client() };
        for (int round = 0; round < 3; round++)
        {
            await mix.ShortAsync(workers: 2, requests: 20);
            using var cut = await RawClient.ConnectAsync(nginx.Address, TlsFiles.Client());
            await cut.WriteAsync(RawRequest.Post($"/upload?cut={round}", new byte[5000]).Head); // and no body
            await Task.Delay(100);
            int[] killed = nginx.Workers;
            foreach (int worker in killed) System.Diagnostics.Process.GetProcessById(worker).Kill();
            while (nginx.Workers.Length == 0 || nginx.Workers.Intersect(killed).Any()) await Task.Delay(5);
            await TlsTests.ProbedAsync(agent, nginx.Workers);
        }

        await mix.ShortAsync(workers: 2, requests: 20);
        await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Facts.AssertSame(mix.Truth, run.Exchanges.Select(seen => seen.Fact), "clients", run.Summary);
        Assert.Equal(["/upload?cut=0", "/upload?cut=1", "/upload?cut=2"], run.Unfinished.Select(seen => seen.Target).Order());
        Assert.All(run.Unfinished, seen => Assert.Equal("process-ended", seen.Reason));
    }

    /// <summary>
    /// Its sessions move their bytes through memory; one of them waits for its response, another is in the middle of a request.
    /// </summary>
    [SkippableFact]
    public async Task A_killed_process_with_memory_buffers_leaves_unfinished_requests_and_no_wrong_pair()
    {
        TlsTests.Require("python3");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        var address = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, FreePort.Take());
        await using var server = ChildProcess.Start("python3", Programs.File("asyncio_tls.py"), "server", $"{address.Port}", folder.Path);
        await server.WaitForLineAsync("ready");
        await using var agent = await Agent.StartAsync("--pid", $"{server.Id}", "--tls");

        var truth = new List<Fact>();
        using var waiting = await RawClient.ConnectAsync(address, TlsFiles.Client());
        using var cut = await RawClient.ConnectAsync(address, TlsFiles.Client());
        foreach (var client in new[] { waiting, cut })
        {
            for (int i = 0; i < 20; i++) truth.Add(await client.SendAsync(RawRequest.Post($"/echo?port={client.Port}&n={i}", new byte[i])));
        }

        await waiting.WriteAsync(RawRequest.Get("/slow").Head);
        await cut.WriteAsync(RawRequest.Post("/echo?cut", new byte[5000]).Head); // and no body
        await Task.Delay(500);
        server.Send(Signal.Kill);
        await server.WaitAsync();
        var run = await agent.StopAsync();

        Facts.AssertSame(truth, run.Exchanges.Select(seen => seen.Fact), "clients", run.Summary);
        Assert.Equal(["/echo?cut", "/slow"], run.Unfinished.Select(seen => seen.Target).Order(StringComparer.Ordinal));
        Assert.All(run.Unfinished, seen => Assert.Equal("process-ended", seen.Reason));
    }

    /// <summary>
    /// Each connection carries one exchange, so that each connection that is counted as not read is an exchange that is missing.
    /// </summary>
    [SkippableFact]
    public async Task While_workers_change_what_is_not_read_is_counted_and_nothing_is_wrong()
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder));
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls");

        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client() };
        var traffic = mix.ShortAsync(workers: 4, requests: 150);
        for (int reload = 0; reload < 3; reload++)
        {
            int reached = 100 + 150 * reload;
            while (mix.Truth.Count < reached && !traffic.IsCompleted) await Task.Delay(5);
            nginx.Reload();
        }

        await traffic;
        var during = mix.Truth.ToHashSet();
        await TlsTests.ProbedAsync(agent, nginx.Workers);
        await mix.ShortAsync(workers: 4, requests: 25);
        await nginx.QuitAsync();
        var run = await agent.StopAsync();

        var seen = run.Exchanges.Select(one => one.Fact).ToList();
        Assert.Empty(seen.Except(mix.Truth));
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Empty(mix.Truth.Except(during).Except(seen));
        Assert.InRange(run.Counted("connections left alone, TLS"), 0, mix.Truth.Count - seen.Count);
    }

    [SkippableFact]
    public async Task A_recording_holds_masked_plaintext_and_gives_the_same_exchanges()
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(tls: TlsFiles.NginxLines(folder));
        string recording = folder.File("tls.npr");
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls", "--record", recording);

        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client() };
        await mix.KeepAliveAsync(connections: 4, requests: 60);
        using (var client = await RawClient.ConnectAsync(nginx.Address, TlsFiles.Client()))
            await client.SendAsync(RawRequest.Get("/small?last=1", "Authorization: Bearer not-to-be-found\r\n"));
        await nginx.QuitAsync();
        var run = await agent.StopAsync();
        var replay = await ReplayProgram.OfAsync(recording);

        Assert.Equal(241 + nginx.BackendLog.Count * 2, run.Exchanges.Count);
        Facts.AssertSame(run.Exchanges.Select(seen => seen.Fact), replay.Exchanges.Select(seen => seen.Fact), "replay", replay.Summary);
        Assert.Equal(run.Exchanges.Count(seen => seen.Tls),
            replay.Exchanges.Count(seen => seen is { Tls: true, TlsVersion: "1.3", TlsLibrary: "libssl.so.3" }));
        Assert.DoesNotContain("not-to-be-found", System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(recording)));
    }

    [SkippableFact]
    public async Task Without_the_flag_nothing_is_probed_and_TLS_is_left_alone()
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(tls: TlsFiles.NginxLines(folder));
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");
        int plain = BpfLinks.Of(agent.Id).Count;

        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client() };
        await mix.ShortAsync(workers: 1, requests: 5);
        await using (var reading = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls"))
        {
            // Three links of the master's library, and three of its worker's.
            Assert.Equal(plain + 6, BpfLinks.Of(reading.Id).Count);
            await reading.StopAsync();
        }

        var run = await agent.StopAsync();

        Assert.Empty(run.Exchanges);
        Assert.Equal(5, run.Counted("connections left alone, TLS"));
        Assert.Equal(plain, BpfLinks.Of(agent.Id).Count + plain);
        await BpfLinks.AssertNoneLeftAsync();
    }
}
