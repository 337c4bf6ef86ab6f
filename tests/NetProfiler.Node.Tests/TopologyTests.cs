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

    private sealed record Edge(string Client, string ClientKind, string Server, string ServerKind, int? AtClient, int? AtServer, int? Failed)
    {
        public override string ToString() => $"{Client} ({ClientKind}) -> {Server} ({ServerKind}): {AtClient?.ToString() ?? "-"} {AtServer?.ToString() ?? "-"}, {Failed} failed";
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

        // cart on loopback in the proxy's namespace; shop across the veth; pay across it too, by an address that is translated; stock is not profiled.
        await using var cart = Start(network.Left, names.PathOf("cart"), folder.File("server.py"), "127.0.0.1", "8001");
        await using var shop = Start(network.Right, names.PathOf("shop"), folder.File("server.py"), network.RightAddress, "8002");
        await using var pay = Start(network.Right, names.PathOf("pay"), folder.File("server.py"), "0.0.0.0", "8003");
        await using var stock = Start(network.Right, names.PathOf("stock"), folder.File("server.py"), "0.0.0.0", "8004");
        foreach (var server in new[] { cart, shop, pay, stock }) await server.WaitForLineAsync("listening");
        await Network.TranslateAsync(network.Left, "198.51.100.1", 80, network.RightAddress, 8003);
        await File.WriteAllTextAsync(folder.File("haproxy.cfg"), $"""
            global
              nbthread 1
            defaults
              mode http
              timeout connect 5s
              timeout client 20s
              timeout server 20s
            frontend front
              bind 0.0.0.0:8000
              use_backend %[path,field(2,/)]
            backend cart
              server one 127.0.0.1:8001
            backend shop
              server one {network.RightAddress}:8002
            backend pay
              server one 198.51.100.1:80
            backend stock
              server one {network.RightAddress}:8004

            """);
        await using var proxy = ChildProcess.Start("ip", Network.Inside(network.Left, names.PathOf("gate"), "-db", "-f", folder.File("haproxy.cfg")));

        // web is there before the agent, with its connection; late comes after; probe is not profiled; direct asks shop without the proxy.
        await using var web = Start(network.Left, names.PathOf("web"), folder.File("client.py"), "127.0.0.1", "8000");
        await using var probe = Start(network.Right, names.PathOf("probe"), folder.File("client.py"), network.LeftAddress, "8000");
        await AskAsync(web, 1, "/cart/before", 1, "/shop/before", 1, "/pay/before", 1, "/stock/before");
        await AskAsync(probe, 1, "/cart/probe-before");

        await using var agent = ChildProcess.Start(
            Agent.Program, ["run", "--topology", "json", "--metrics-listen", "none", .. new[] { cart, shop, pay, proxy, web }.SelectMany(one => new[] { "--pid", $"{one.Id}" }), "--comm", names.NameOf("late"), "--comm", names.NameOf("direct")]);
        await agent.WaitForLineAsync("netprofiler: capturing");
        await using var late = Start(network.Left, names.PathOf("late"), folder.File("client.py"), network.LeftAddress, "8000");
        await using var direct = Start(network.Left, names.PathOf("direct"), folder.File("client.py"), "198.51.100.1", "80");

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
        var losses = (await agent.Errors).Where(line => line.StartsWith("  ", StringComparison.Ordinal) && !line.Contains(" exchanges, ", StringComparison.Ordinal));
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
        await using var app = Start(network.Left, names.PathOf("app"), folder.File("server.py"), "0.0.0.0", "80");
        await app.WaitForLineAsync("listening");
        await File.WriteAllTextAsync(folder.File("haproxy.cfg"), """
            global
              nbthread 1
            defaults
              mode http
              timeout connect 5s
              timeout client 20s
              timeout server 20s
            frontend caught
              bind 0.0.0.0:15006
              default_backend app
            backend app
              server one 127.0.0.1:80

            """);
        await using var sidecar = ChildProcess.Start("ip", Network.Inside(network.Left, names.PathOf("gate"), "-db", "-f", folder.File("haproxy.cfg")));
        await ChildProcess.RunAsync("ip", Network.Inside(network.Left, "iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "REDIRECT", "--to-ports", "15006"));
        await using var web = Start(network.Right, names.PathOf("web"), folder.File("client.py"), network.LeftAddress, "80");
        await AskAsync(web, 1, "/before");
        await using var agent = ChildProcess.Start(
            Agent.Program, ["run", "--topology", "json", "--metrics-listen", "none", "--record", recording, .. new[] { app, sidecar, web }.SelectMany(one => new[] { "--pid", $"{one.Id}" })]);
        await agent.WaitForLineAsync("netprofiler: capturing");
        await AskAsync(web, 10, "/a");
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());
        Assert.Equal(
            new[] { new Edge("gate", "process", "app", "process", 10, 10, 0), new Edge("web", "process", "gate", "process", 10, 10, 0) }.Select(edge => $"{edge}"),
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
        await using var agent = ChildProcess.Start(Agent.Program, "run", "--pid", $"{server.Id}", "--topology", format, "--metrics-listen", "none");
        await agent.WaitForLineAsync("netprofiler: capturing");
        await ChildProcess.RunAsync("curl", "-s", $"http://127.0.0.1:{port}/a", $"http://127.0.0.1:{port}/b", $"http://127.0.0.1:{port}/fail");
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());
        var lines = await agent.Output;
        Assert.Equal(first, lines[0]);
        Assert.Single(lines, line => line.Contains("curl", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("python3", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains(edge, StringComparison.Ordinal));
    }

    private static ChildProcess Start(string networkNamespace, string program, string script, params string[] arguments) =>
        ChildProcess.Start("ip", Network.Inside(networkNamespace, [program, script, .. arguments]));

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

    private static int? Count(JsonElement edge, string side, string what) => edge.TryGetProperty(side, out var one) ? one.GetProperty(what).GetInt32() : null;

    /// <summary>Programs by the part that they play, each under a name that no other process of the machine has.</summary>
    private sealed class Roles(params string[] roles) : IDisposable
    {
        private readonly Dictionary<string, NamedProgram> _programs = roles.ToDictionary(role => role, role => new NamedProgram(role == "gate" ? "haproxy" : "python3"));

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
