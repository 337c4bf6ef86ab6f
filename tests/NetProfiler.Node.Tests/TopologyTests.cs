using System.Net;
using System.Text.Json;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>The topology that is printed is the one that was built: every edge, its roles, its calls, and no other.</summary>
[Collection(LiveCollection.Name)]
public sealed class TopologyTests
{
    private const string Server = """
        import http.server, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                self.send_response(500 if "fail" in self.path else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler)
        print("listening", flush=True)
        server.serve_forever()
        """;

    // Asks for each line of standard input, a number and a path, that often, over one connection.
    private const string Client = """
        import http.client, sys, time
        connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
        for _ in range(200):
            try:
                connection.connect()
                break
            except OSError:
                time.sleep(0.05)
        for line in sys.stdin:
            count, path = line.split()
            for _ in range(int(count)):
                connection.request("GET", path)
                connection.getresponse().read()
            print("done " + path, flush=True)
        """;

    private sealed record Edge(string Client, string ClientKind, string Server, string ServerKind, int? AtClient, int? AtServer,
        int? Failed)
    {
        public override string ToString() =>
            $"{Client} ({ClientKind}) -> {Server} ({ServerKind}): {AtClient?.ToString() ?? "-"} {AtServer?.ToString() ?? "-"}, "
                + $"{Failed} failed";
    }

    [SkippableFact]
    public async Task Services_behind_a_proxy_on_loopback_in_namespaces_and_behind_a_translation()
    {
        Live.Require("haproxy", "python3", "ip", "iptables");
        await using var network = await Network.CreateAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("server.py"), Server);
        await File.WriteAllTextAsync(folder.File("client.py"), Client);
        using var names = new Roles("cart", "shop", "pay", "stock", "gate", "web", "probe", "late", "direct");

        // cart on loopback in the proxy's namespace; shop across the veth; pay across it too, by an address that is translated; stock is
        // not profiled.
        await using var cart = network.Left.Start(names.PathOf("cart"), folder.File("server.py"), "127.0.0.1", "8001");
        await using var shop = network.Right.Start(names.PathOf("shop"), folder.File("server.py"), network.RightAddress, "8002");
        await using var pay = network.Right.Start(names.PathOf("pay"), folder.File("server.py"), "0.0.0.0", "8003");
        await using var stock = network.Right.Start(names.PathOf("stock"), folder.File("server.py"), "0.0.0.0", "8004");
        foreach (var server in new[] { cart, shop, pay, stock }) await server.WaitForLineAsync("listening");
        await network.Left.TranslateAsync("198.51.100.1", 80, network.RightAddress, 8003);
        await using var proxy = Haproxy.Start(
            network.Left, names.PathOf("gate"), 8000,
            ("cart", "127.0.0.1:8001"), ("shop", $"{network.RightAddress}:8002"), ("pay", "198.51.100.1:80"),
            ("stock", $"{network.RightAddress}:8004"));

        // web is there before the agent, with its connection; late comes after; probe is not profiled; direct asks shop without the proxy.
        await using var web = network.Left.Start(names.PathOf("web"), folder.File("client.py"), "127.0.0.1", "8000");
        await using var probe = network.Right.Start(names.PathOf("probe"), folder.File("client.py"), network.LeftAddress, "8000");
        await AskAsync(web, 1, "/cart/before", 1, "/shop/before", 1, "/pay/before", 1, "/stock/before");
        await AskAsync(probe, 1, "/cart/probe-before");

        await using var agent = ChildProcess.Start(
            Agent.Program, ["run", "--topology", "json", "--metrics-listen", "none",
                .. new[] { cart.Id, shop.Id, pay.Id, proxy.Id, web.Id }.SelectMany(id => new[] { "--pid", $"{id}" }), "--comm",
                names.NameOf("late"), "--comm", names.NameOf("direct")]);
        await agent.WaitForLineAsync("netprofiler: capturing");
        await using var late = network.Left.Start(names.PathOf("late"), folder.File("client.py"), network.LeftAddress, "8000");
        await using var direct = network.Left.Start(names.PathOf("direct"), folder.File("client.py"), "198.51.100.1", "80");

        await Task.WhenAll(
            AskAsync(web, 20, "/cart/a", 10, "/shop/fail", 5, "/pay/b", 7, "/stock/c"),
            AskAsync(late, 11, "/cart/a", 12, "/shop/a", 13, "/pay/fail"),
            AskAsync(direct, 9, "/pay/direct"),
            AskAsync(probe, 6, "/cart/probe"));
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());

        Assert.Equal(
            new[]
            {
                new Edge("web", "process", "gate", "process", 42, 42, 10),
                new Edge("late", "process", "gate", "process", 36, 36, 13),
                new Edge("probe", "process", "gate", "process", null, 6, 0),
                new Edge("gate", "process", "cart", "process", 37, 37, 0),
                new Edge("gate", "process", "shop", "process", 22, 22, 10),
                new Edge("gate", "process", "pay", "process", 18, 18, 13),
                new Edge("gate", "process", "stock", "process", 7, null, 0),
                new Edge("direct", "process", "pay", "process", 9, 9, 0),
            }.Select(edge => $"{edge}").Order(),
            Edges(string.Join('\n', await agent.Output), names).Select(edge => $"{edge}").Order());
        var losses = (await agent.Errors).Where(line => line.StartsWith("  ", StringComparison.Ordinal)
            && !line.Contains(" exchanges, ", StringComparison.Ordinal));
        Assert.StartsWith("  connections older than this run: ", Assert.Single(losses), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_sidecar_is_a_node_of_its_own()
    {
        Live.Require("haproxy", "python3", "ip", "iptables");
        await using var network = await Network.CreateAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("server.py"), Server);
        await File.WriteAllTextAsync(folder.File("client.py"), Client);
        using var names = new Roles("app", "gate", "web");
        string recording = folder.File("run.rec");

        // What comes for the app is caught before it, in its namespace: the client knows nothing of that.
        await using var app = network.Left.Start(names.PathOf("app"), folder.File("server.py"), "0.0.0.0", "80");
        await app.WaitForLineAsync("listening");
        await using var sidecar = Haproxy.Start(network.Left, names.PathOf("gate"), 15006, ("app", "127.0.0.1:80"));
        await network.Left.RedirectAsync(80, 15006);
        await using var web = network.Right.Start(names.PathOf("web"), folder.File("client.py"), network.LeftAddress, "80");
        await AskAsync(web, 1, "/before");
        await using var agent = ChildProcess.Start(
            Agent.Program, ["run", "--topology", "json", "--metrics-listen", "none", "--record", recording,
                .. new[] { app.Id, sidecar.Id, web.Id }.SelectMany(id => new[] { "--pid", $"{id}" })]);
        await agent.WaitForLineAsync("netprofiler: capturing");
        await AskAsync(web, 10, "/a");
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());
        Assert.Equal(
            new[] { new Edge("gate", "process", "app", "process", 10, 10, 0),
                new Edge("web", "process", "gate", "process", 10, 10, 0) }.Select(edge => $"{edge}"),
            Edges(string.Join('\n', await agent.Output), names).Select(edge => $"{edge}").Order());
        Assert.Equal(await agent.Output, await ChildProcess.RunAsync(Agent.Program, "replay", recording, "--topology", "json"));
    }

    [SkippableTheory]
    [InlineData("dot", "digraph netprofiler {", "-> n1 [label=\"3 calls, 1 failed\\n")]
    [InlineData("mermaid", "flowchart LR", "-->|\"3 calls, 1 failed<br>")]
    public async Task It_can_be_drawn(string format, string first, string edge)
    {
        Live.Require("python3", "curl");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("server.py"), Server);
        int port = FreePort.Take();
        await using var server = ChildProcess.Start("python3", folder.File("server.py"), "127.0.0.1", $"{port}");
        await server.WaitForPortAsync(new IPEndPoint(IPAddress.Loopback, port));
        await using var agent = ChildProcess.Start(Agent.Program, "run", "--pid", $"{server.Id}", "--topology", format,
            "--metrics-listen", "none");
        await agent.WaitForLineAsync("netprofiler: capturing");
        await ChildProcess.RunAsync("curl", "-s", $"http://127.0.0.1:{port}/a", $"http://127.0.0.1:{port}/b",
            $"http://127.0.0.1:{port}/fail");
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());
        var lines = await agent.Output;
        Assert.Equal(first, lines[0]);
        Assert.Single(lines, line => line.Contains("curl", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("python3", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains(edge, StringComparison.Ordinal));
    }

    private static async Task AskAsync(ChildProcess client, params object[] countsAndPaths)
    {
        for (int i = 0; i < countsAndPaths.Length; i += 2)
        {
            await client.WriteLineAsync($"{countsAndPaths[i]} {countsAndPaths[i + 1]}");
            await client.WaitForLineAsync($"done {countsAndPaths[i + 1]}");
        }
    }

    private static IEnumerable<Edge> Edges(string topology, Roles names)
    {
        using var json = JsonDocument.Parse(topology);
        foreach (var edge in json.RootElement.GetProperty("edges").EnumerateArray())
        {
            var (client, server) = (edge.GetProperty("client"), edge.GetProperty("server"));
            int? atClient = Count(edge, "atClient", "requests"), atServer = Count(edge, "atServer", "requests");
            yield return new Edge(
                names.RoleOf(client.GetProperty("name").GetString()!), client.GetProperty("kind").GetString()!,
                names.RoleOf(server.GetProperty("name").GetString()!), server.GetProperty("kind").GetString()!,
                atClient, atServer, Count(edge, atClient is null ? "atServer" : "atClient", "errors"));
        }
    }

    private static int? Count(JsonElement edge, string side, string what) =>
        edge.TryGetProperty(side, out var one) ? one.GetProperty(what).GetInt32() : null;

    /// <summary>Programs by the part that they play, each under a name that no other process of the machine has.</summary>
    private sealed class Roles(params string[] roles) : IDisposable
    {
        private readonly Dictionary<string, NamedProgram> _programs = roles.ToDictionary(role => role,
            role => new NamedProgram(role == "gate" ? "haproxy" : "python3"));

        public string PathOf(string role) => _programs[role].Path;

        public string NameOf(string role) => _programs[role].Name;

        /// <summary>A name that is none of ours stays what it is.</summary>
        public string RoleOf(string name) => _programs.FirstOrDefault(one => one.Value.Name == name).Key ?? name;

        public void Dispose()
        {
            foreach (var program in _programs.Values) program.Dispose();
        }
    }
}
