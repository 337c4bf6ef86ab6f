using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>Clients that speak TLS by OpenSSL: the truth is nginx's access log.</summary>
[Collection(LiveCollection.Name)]
public sealed class TlsClientTests
{
    [SkippableTheory]
    [InlineData("python3")]
    [InlineData("asyncio")]
    [InlineData("HttpClient")]
    [InlineData("node")]
    public async Task What_a_client_asks_is_what_nginx_logged(string family)
    {
        const int requests = 200; // a twelfth of them is a megabyte: all of it fits the ring
        TlsTests.Require(family switch { "HttpClient" => ["nginx"], "node" => ["nginx", "node"], _ => ["nginx", "python3"] });
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(tls: TlsFiles.NginxLines(folder));
        using var named = family == "HttpClient" ? null : new NamedProgram(family == "node" ? "node" : "python3");
        string program = named?.Path ?? Programs.TestAssembly;
        string comm = Path.GetFileName(program)[..int.Min(15, Path.GetFileName(program).Length)];
        await using var agent = await Agent.StartAsync("--comm", comm, "--tls", "--tls-everywhere");

        await using var client = ChildProcess.Start(program, family switch
        {
            "python3" => [Programs.File("client.py"), $"{nginx.Port}", $"{requests}", "tls"],
            "node" => [Programs.File("client.js"), $"{nginx.Port}", $"{requests}", "tls"],
            "asyncio" => [Programs.File("asyncio_tls.py"), "client", $"{nginx.Port}", folder.Path, $"{requests}"],
            _ => ["client", $"{nginx.Port}", $"{requests}", folder.Path],
        });
        // The library of the others is a file of its own, and probed in every process.
        if (family == "node") await client.WaitForLineAsync("ready");
        if (family == "node") await TlsTests.ProbedAsync(agent, [client.Id]);
        await client.WriteLineAsync("go");
        if (await client.WaitAsync() != 0) Assert.Fail(await client.SaidAsync());
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(requests, log.Count);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal((true, "client", $"127.0.0.1:{nginx.Port}"), (seen.Tls, seen.Role, seen.Remote)));
        run.AssertNothingLost();
    }

    /// <summary>The same hello is the client's of one connection and the server's of the other, in the memory of one process.</summary>
    [SkippableFact]
    public async Task A_process_that_asks_itself_is_read_at_both_ends_each_on_its_own_socket()
    {
        const int connections = 100;
        TlsTests.Require("python3");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        int port = FreePort.Take();
        await using var both = ChildProcess.Start("python3", Programs.File("asyncio_tls.py"), "both", $"{port}", folder.Path,
            $"{connections}");
        await both.WaitForLineAsync("ready");
        await using var agent = await Agent.StartAsync("--pid", $"{both.Id}", "--tls");

        await both.WriteLineAsync("go");
        if (await both.WaitAsync() != 0) Assert.Fail(await both.SaidAsync());
        var truth = (await both.Output).Where(line => line.StartsWith("POST", StringComparison.Ordinal)).Select(line => line.Split(' '))
            .Select(part => new Fact(part[0], part[1], int.Parse(part[2]), long.Parse(part[3]), long.Parse(part[4]))).ToList();
        var run = await agent.StopAsync();

        Assert.Equal(4 * connections, truth.Count);
        var (servers, clients) = (run.Exchanges.Where(seen => seen.IsServer), run.Exchanges.Where(seen => !seen.IsServer));
        Facts.AssertSame(truth, servers.Select(seen => seen.Fact), "server's end", run.Summary);
        Facts.AssertSame(truth, clients.Select(seen => seen.Fact), "client's end", run.Summary);
        Assert.All(servers, seen => Assert.Contains($"port={seen.RemotePort}&", seen.Target));
        Assert.All(clients, seen => Assert.Contains($"port={seen.LocalPort}&", seen.Target));
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task Curl_that_a_target_starts_is_read_from_its_first_byte()
    {
        const int runs = 20;
        TlsTests.Require("nginx", "curl");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(tls: TlsFiles.NginxLines(folder));
        await using var shell = ChildProcess.Start("bash", "-c",
            $"read line; for i in $(seq {runs}); do curl -sk https://127.0.0.1:{nginx.Port}/small?n=$i "
                + $"https://127.0.0.1:{nginx.Port}/f6?n=$i -o /dev/null -o /dev/null; done");
        await using var agent = await Agent.StartAsync("--pid", $"{shell.Id}", "--tls", "--tls-everywhere");

        await shell.WriteLineAsync("go");
        await shell.WaitAsync();
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(2 * runs, log.Count);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal((true, "client", "curl"), (seen.Tls, seen.Role, seen.Process.Comm)));
        run.AssertNothingLost();
    }
}
