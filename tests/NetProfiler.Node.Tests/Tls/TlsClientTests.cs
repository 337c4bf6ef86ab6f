using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>Clients that speak TLS by OpenSSL's shared library: the truth is nginx's access log.</summary>
[Collection(LiveCollection.Name)]
public sealed class TlsClientTests
{
    [SkippableFact]
    public async Task Python_asks_as_nginx_logged()
    {
        const int requests = 200; // a twelfth of them is a megabyte: all of it fits the ring
        TlsTests.Require("nginx", "python3");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(tls: TlsFiles.NginxLines(folder));
        using var named = new NamedProgram("python3");
        await using var agent = await Agent.StartAsync("--comm",
            Path.GetFileName(named.Path)[..int.Min(15, Path.GetFileName(named.Path).Length)], "--tls", "--tls-everywhere");

        await ChildProcess.RunAsync(named.Path, Programs.File("client.py"), $"{nginx.Port}", $"{requests}", "tls");
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(requests, log.Count);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal((true, "client", $"127.0.0.1:{nginx.Port}"), (seen.Tls, seen.Role, seen.Remote)));
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
