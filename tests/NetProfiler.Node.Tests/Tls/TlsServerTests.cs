using System.Net;
using System.Security.Authentication;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>
/// Servers that speak TLS by OpenSSL: the truth is the access log, and what clients sent and received in clear text.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class TlsServerTests
{
    [SkippableTheory]
    [InlineData("1.2", false)]
    [InlineData("1.3", false)]
    [InlineData("1.3", true)]
    public async Task Nginx_is_seen_as_it_logged(string version, bool isMutual)
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder, $"TLSv{version}", isMutual));
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--tls");

        var protocol = version == "1.2" ? SslProtocols.Tls12 : SslProtocols.Tls13;
        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client(protocol, isMutual ? folder : null) };
        await mix.KeepAliveAsync(connections: 8, requests: 200);
        await mix.PipelinedAsync(connections: 4, requests: 200);
        await mix.ShortAsync(workers: 4, requests: 50);
        await mix.BodiesAsync(connections: 4, requests: 100, discarded: false);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(3000, mix.Truth.Count);
        var front = run.Exchanges.Where(seen => seen.LocalPort == nginx.Port && seen.IsServer).ToList();
        Facts.AssertSame(mix.Truth, front.Select(seen => seen.Fact), "what clients sent and received", run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), front.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(front, seen => Assert.Equal((true, version, "libssl.so.3", null),
            (seen.Tls, seen.TlsVersion, seen.TlsLibrary, seen.Pairing)));

        // Its backend is itself, in clear text.
        var backend = nginx.BackendLog.Select(line => line.Fact).ToList();
        Facts.AssertSame(backend, run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Fact), "requests to the backend",
            run.Summary);
        Assert.All(run.Exchanges.Except(front), seen => Assert.False(seen.Tls));
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task Haproxy_is_seen_on_its_TLS_side_and_on_the_clear_one()
    {
        TlsTests.Require("haproxy", "nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        await using var haproxy = await Haproxy.StartAsync(address, nginx.Port, splices: false, folder.File("both.pem"));
        await using var agent = await Agent.StartAsync("--pid", $"{haproxy.Id}", "--tls");

        var mix = new TrafficMix(address, nginx.Folder) { Tls = TlsFiles.Client() };
        await mix.KeepAliveAsync(connections: 8, requests: 100);
        await mix.PipelinedAsync(connections: 4, requests: 100);
        await mix.ShortAsync(workers: 4, requests: 50);
        await mix.BodiesAsync(connections: 4, requests: 100, discarded: false);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(1800, mix.Truth.Count);
        Facts.AssertSame(mix.Truth, run.Exchanges.Where(seen => seen.IsServer).Select(seen => seen.Fact), "clients of the frontend",
            run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Fact),
            "log of the backend", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal(seen.IsServer, seen.Tls));
        run.AssertNothingLost();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_task_file_says_whether_TLS_is_read(bool isEnabled)
    {
        TlsTests.Require("nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder));
        string task = folder.Write("task.yaml", $$"""
            apiVersion: netprofiler.dev/v1alpha1
            kind: NetworkProfilingTask
            metadata: {name: front}
            spec: {redaction: {queryParameters: Keep}, tls: {enabled: {{(isEnabled ? "true" : "false")}} } }
            """);
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "-f", task);
        var mix = new TrafficMix(nginx.Address, nginx.Folder) { Tls = TlsFiles.Client() };
        await mix.KeepAliveAsync(connections: 4, requests: 50);
        await nginx.QuitAsync();
        var run = await agent.StopAsync();
        Facts.AssertSame(isEnabled ? mix.Truth : [], run.Exchanges.Where(seen => seen.Tls).Select(seen => seen.Fact), "clients",
            run.Summary);
    }

    [SkippableTheory]
    [InlineData("nginx", 400)]
    [InlineData("apache2", 100)]
    [InlineData("python3", 100)]
    [InlineData("asyncio", 400)]
    [InlineData("Kestrel", 400)]
    [InlineData("node", 400)]
    public async Task Each_exchange_is_on_the_socket_that_its_client_names(string family, int connections)
    {
        TlsTests.Require(family switch { "asyncio" => ["python3"], "Kestrel" => [], _ => [family] });
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = family == "nginx" ? await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder)) : null;
        var address = nginx?.Address ?? new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        await using var server = nginx is null ? await TlsServers.StartAsync(family, folder, address) : null;
        await using var agent = await Agent.StartAsync("--pid", $"{nginx?.Id ?? server!.Id}", "--tls");

        int atOnce = family == "apache2" ? 8 : 32; // Apache closes connections that are kept open where its threads are few
        // Each connection names its client's port in every request.
        var truth = new List<Fact>();
        await Parallel.ForEachAsync(Enumerable.Range(0, connections), new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (connection, _) =>
        {
            using var client = await RawClient.ConnectAsync(address,
                TlsFiles.Client(connection % 2 == 0 ? SslProtocols.Tls12 : SslProtocols.Tls13));
            for (int i = 0; i < 6; i++)
            {
                string target = $"/small?port={client.Port}&n={i}";
                var fact = await client.SendAsync(i % 3 == 2 && family is not ("nginx" or "apache2")
                    ? RawRequest.Post($"/echo?port={client.Port}&n={i}", new byte[connection * 97]) : RawRequest.Get(target));
                lock (truth) truth.Add(fact);
            }
        });
        var log = nginx is null ? null : await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Facts.AssertSame(truth, run.Exchanges.Select(seen => seen.Fact), "clients", run.Summary);
        if (log is not null)
            Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Contains($"port={seen.RemotePort}&", seen.Target));
        Assert.All(run.Exchanges, seen => Assert.Equal((true, "server", address.Port), (seen.Tls, seen.Role, seen.LocalPort)));
        Assert.Equal(["1.2", "1.3"], run.Exchanges.Select(seen => seen.TlsVersion).Distinct().Order());
        run.AssertNothingLost();
    }

    /// <summary>While the library is called on a session, the thread moves the bytes of another connection only.</summary>
    [SkippableFact]
    public async Task What_a_callback_of_the_handshake_asks_elsewhere_is_not_the_sessions_connection()
    {
        const int connections = 50, requests = 4;
        TlsTests.Require("python3", "nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        await using var server = ChildProcess.Start("python3", Programs.File("asyncio_tls.py"), "server", $"{address.Port}", folder.Path,
            $"{nginx.Port}");
        await server.WaitForLineAsync("ready");
        await using var agent = await Agent.StartAsync("--pid", $"{server.Id}", "--tls");

        var truth = new List<Fact>();
        await Parallel.ForEachAsync(Enumerable.Range(0, connections), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (connection, _) =>
        {
            using var client = await RawClient.ConnectAsync(address, TlsFiles.Client());
            for (int i = 0; i < requests; i++)
            {
                var fact = await client.SendAsync(RawRequest.Post($"/echo?port={client.Port}&n={i}", new byte[connection * 97]));
                lock (truth) truth.Add(fact);
            }
        });
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(connections, log.Count);
        var (secure, clear) = (run.Exchanges.Where(seen => seen.Tls), run.Exchanges.Where(seen => !seen.Tls));
        Facts.AssertSame(truth, secure.Select(seen => seen.Fact), "clients", run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), clear.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(secure, seen => Assert.Contains($"port={seen.RemotePort}&", seen.Target));
        Assert.All(clear, seen => Assert.Equal(nginx.Port, seen.RemotePort));
        run.AssertNothingLost();
    }

    /// <summary>One thread of one process serves and asks, and each of its sessions moves its bytes through memory.</summary>
    [SkippableFact]
    public async Task A_proxy_with_TLS_on_both_sides_is_seen_on_both()
    {
        const int connections = 60, requests = 8;
        TlsTests.Require("node", "nginx");
        using var folder = new TemporaryFolder();
        TlsFiles.Write(folder);
        await using var nginx = await Nginx.StartAsync(workers: 2, tls: TlsFiles.NginxLines(folder));
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        await using var proxy = ChildProcess.Start("node", Programs.File("proxy.js"), $"{address.Port}", $"{nginx.Port}", folder.Path);
        await proxy.WaitForLineAsync("ready");
        await using var agent = await Agent.StartAsync("--pid", $"{proxy.Id}", "--tls");

        var truth = new List<Fact>();
        await Parallel.ForEachAsync(Enumerable.Range(0, connections), new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (connection, _) =>
        {
            using var client = await RawClient.ConnectAsync(address, TlsFiles.Client());
            for (int i = 0; i < requests; i++)
            {
                string query = $"port={client.Port}&n={i}";
                var fact = await client.SendAsync(i % 3 == 2 ? RawRequest.Post($"/upload?{query}", new byte[connection * 97])
                    : RawRequest.Get($"/f{i % 10}?{query}"));
                lock (truth) truth.Add(fact);
            }
        });
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(connections * requests, truth.Count);
        var (front, back) = (run.Exchanges.Where(seen => seen.IsServer), run.Exchanges.Where(seen => !seen.IsServer));
        Facts.AssertSame(truth, front.Select(seen => seen.Fact), "clients", run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), back.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(front, seen => Assert.Contains($"port={seen.RemotePort}&", seen.Target));
        Assert.All(back, seen => Assert.Equal(nginx.Port, seen.RemotePort));
        Assert.All(run.Exchanges, seen => Assert.Equal((true, "1.3", "node"), (seen.Tls, seen.TlsVersion, seen.TlsLibrary)));
        run.AssertNothingLost();
    }
}
