using System.Net;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>
/// What the page shows is what servers logged and the summary says; both ends of an exchange are joined, or said not to be.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class PageTests
{
    [SkippableFact]
    public async Task The_page_s_numbers_are_the_access_log_s_and_the_summary_s()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        using var folder = new TemporaryFolder();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--ui", "--report", folder.File("run.html"));
        using var viewer = await PageViewer.OpenAsync(agent.Process);

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        await mix.KeepAliveAsync(connections: 8, requests: 200);
        await mix.PipelinedAsync(connections: 4, requests: 200);
        await mix.BodiesAsync(connections: 4, requests: 100, discarded: false);
        var log = await nginx.QuitAsync();
        var backend = nginx.BackendLog;
        int expected = log.Count + (2 * backend.Count);
        var task = await viewer.WaitForRowsAsync(expected);
        var rows = await viewer.RowsAsync();
        var run = await agent.StopAsync();

        var state = task.GetProperty("state");
        Assert.Equal(("exact", expected), (state.GetProperty("exactness").GetProperty("state").GetString(),
            state.GetProperty("exactness").GetProperty("seen").GetInt64()));
        Assert.StartsWith($"netprofiler: {expected} exchanges",
            run.Summary.Split('\n').First(line => line.Contains(" exchanges in ", StringComparison.Ordinal)), StringComparison.Ordinal);
        run.AssertNothingLost();
        Facts.AssertSame(log.Select(line => line.Fact),
            rows.Where(row => row.IsServer && row.Local.EndsWith($":{nginx.Port}", StringComparison.Ordinal)).Select(row => row.Fact),
            "access log", run.Summary);
        Facts.AssertSame(backend.Select(line => line.Fact),
            rows.Where(row => row.IsServer && row.Local.EndsWith($":{nginx.BackendPort}", StringComparison.Ordinal))
            .Select(row => row.Fact), "backend's log", run.Summary);
        foreach (var (role, errors) in new[] { ("server", log.Concat(backend)),
            ("client", backend) }.Select(one => (one.Item1, one.Item2.Count(line => line.Fact.Status >= 500))))
            Assert.Equal(errors, state.GetProperty("totals").EnumerateArray().Where(row => row.GetProperty("role").GetString() == role)
                .Sum(row => row.GetProperty("serverErrors").GetInt64()));

        // Each of nginx's own requests is known from both ends, and by no other's.
        Assert.Equal(2 * backend.Count, rows.Count(row => row.Partner >= 0));
        AssertPairs(rows);
        Assert.True(new FileInfo(folder.File("run.html")).Length > 50_000);
    }

    [SkippableFact]
    public async Task Of_a_hundred_thousand_views_through_a_proxy_pipelined_no_pair_is_wrong()
    {
        const int connections = 10, batches = 50, pipelined = 50; // four views each: both ends of both hops
        Live.Require("haproxy", "nginx");
        await using var nginx = await Nginx.StartAsync();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        await using var haproxy = await Haproxy.StartAsync(address, nginx.Port, splices: false);
        await using var agent = await Agent.StartAsync("--port", $"{address.Port}", "--port", $"{nginx.Port}", "--ui");
        using var viewer = await PageViewer.OpenAsync(agent.Process);

        await Task.WhenAll(Enumerable.Range(0, connections).Select(async connection =>
        {
            using var client = await RawClient.ConnectAsync(address);
            for (int batch = 0; batch < batches; batch++)
                await client.PipelineAsync([.. Enumerable.Range(0, pipelined)
                    .Select(i => RawRequest.Get($"/small?n={connection}-{batch}-{i}"))]);
        }));
        var task = await viewer.WaitForRowsAsync(4 * connections * batches * pipelined);
        var rows = await viewer.RowsAsync();
        await nginx.QuitAsync();
        var run = await agent.StopAsync();

        run.AssertNothingLost();
        Assert.Equal(4 * connections * batches * pipelined, rows.Count);
        AssertPairs(rows);
        Assert.All(rows, row => Assert.True(row.Partner >= 0, $"{row} is not joined; {task.GetProperty("requests")}"));
    }

    [SkippableFact]
    public async Task Behind_address_translation_both_ends_are_joined_too()
    {
        Live.Require("haproxy", "python3", "ip", "iptables");
        await using var network = await Network.CreateAsync();
        await network.Left.TranslateAsync("198.51.100.1", 80, network.RightAddress, 8003);
        await using var server = network.Right.Start("python3", "-u", "-c", Server);
        await server.WaitForLineAsync("listening");
        await using var agent = await Agent.StartAsync("--port", "80", "--port", "8003", "--ui");
        using var viewer = await PageViewer.OpenAsync(agent.Process);

        await network.Left.RunAsync("python3", "-c", Client);
        await viewer.WaitForRowsAsync(400);
        var rows = await viewer.RowsAsync();
        var run = await agent.StopAsync();

        run.AssertNothingLost();
        Assert.Equal(400, rows.Count);
        Assert.All(rows, row => Assert.True(row.Partner >= 0, $"{row} is not joined"));
        Assert.All(rows.Where(row => !row.IsServer), row => Assert.Equal("198.51.100.1:80", row.Remote));
        AssertPairs(rows, isTranslated: true);
    }

    [Theory]
    [InlineData(2, "results, not events: show them with --ui or --report FILE.html")]
    [InlineData(0, "", "--report", "out.html")]
    [InlineData(1, "report to /dev/full/x.html: ", "--report", "/dev/full/x.html")]
    public async Task Results_are_shown_on_the_page_alone(int code, string error, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("lines.json"), """
            {"time":"2026-01-02T03:04:05.123456789Z","role":"server","process":{"pid":1,"comm":"nginx"},"local":"10.0.0.1:80","remote":"10.0.0.2:41234","method":"GET","target":"/cart","status":200,"durationMicroseconds":1234}
            """);
        await using var replay = ChildProcess.Start(Agent.Program,
            ["replay", folder.File("lines.json"), .. arguments.Select(one => one == "out.html" ? folder.File(one) : one)]);
        Assert.Equal(code, await replay.WaitAsync());
        if (error.Length > 0) Assert.Contains(error, Assert.Single(await replay.Errors), StringComparison.Ordinal);
        Assert.Equal(code == 0, File.Exists(folder.File("out.html")));
    }

    private const string Server = """
        from http.server import *
        class Handler(BaseHTTPRequestHandler):
          protocol_version = "HTTP/1.1"
          def do_GET(self):
            self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
          def log_message(self, *rest): pass
        server = ThreadingHTTPServer(("0.0.0.0", 8003), Handler)
        print("listening"); server.serve_forever()
        """;

    private const string Client = """
        import http.client
        for c in range(10):
          connection = http.client.HTTPConnection("198.51.100.1", 80)
          for i in range(20):
            connection.request("GET", f"/{c}/{i}"); connection.getresponse().read()
          connection.close()
        """;

    // The truth is in the target, which joining does not look at.
    private static void AssertPairs(List<PageRow> rows, bool isTranslated = false)
    {
        var byId = rows.ToDictionary(row => row.Id);
        foreach (var row in rows.Where(row => row.Partner >= 0))
        {
            var other = byId[row.Partner];
            Assert.Equal((row.Id, row.Fact, !row.IsServer), (other.Partner, other.Fact, other.IsServer));
            if (!isTranslated) Assert.Equal((row.Local, row.Remote), (other.Remote, other.Local));
        }
    }
}
