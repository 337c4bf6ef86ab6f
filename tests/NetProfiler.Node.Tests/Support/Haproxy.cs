using System.Net;

namespace NetProfiler.Node.Tests.Support;

/// <summary>haproxy before servers.</summary>
internal sealed class Haproxy : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ChildProcess _process;

    private Haproxy(string configuration, Func<string[], ChildProcess> start)
    {
        string file = _folder.File("haproxy.cfg");
        File.WriteAllText(file, configuration);
        _process = start(["-db", "-f", file]);
    }

    public int Id => _process.Id;

    /// <summary>Before one server of this machine, which listens on loopback too.</summary>
    /// <param name="certificate">File of certificate and key, for TLS. Null: clear text.</param>
    public static async Task<Haproxy> StartAsync(IPEndPoint address, int backendPort, bool splices, string? certificate = null)
    {
        string options = splices ? "option splice-response\n  option splice-request" : "no option splice-auto";
        var haproxy = new Haproxy(Configuration($"{address}{(certificate is null ? "" : $" ssl crt {certificate} alpn http/1.1")}",
            threads: 2, options, ("back", $"127.0.0.1:{backendPort}")), arguments => ChildProcess.Start("haproxy", arguments));
        await haproxy._process.WaitForPortAsync(address);
        return haproxy;
    }

    /// <summary>In a namespace, with one thread: a request goes to the server whose name its path begins with, else to the first.</summary>
    /// <param name="program">haproxy, under whatever name.</param>
    public static Haproxy Start(NetNamespace place, string program, int port, params (string Name, string Address)[] servers) =>
        new(Configuration($"0.0.0.0:{port}", threads: 1, "", servers), arguments => place.Start(program, arguments));

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static string Configuration(string address, int threads, string options, params (string Name, string Address)[] servers) => $"""
        global
          nbthread {threads}
          maxconn 200
        defaults
          mode http
          timeout connect 5s
          timeout client 20s
          timeout server 20s
          option http-keep-alive
          {options}
        frontend front
          bind {address}
          use_backend %[path,field(2,/)]
          default_backend {servers[0].Name}
        {string.Join('\n', servers.Select(server => $"backend {server.Name}\n  http-reuse always\n  server one {server.Address}"))}

        """;
}
