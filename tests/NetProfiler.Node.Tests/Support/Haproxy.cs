using System.Net;

namespace NetProfiler.Node.Tests.Support;

/// <summary>haproxy before one server.</summary>
internal sealed class Haproxy : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _process;

    public IPEndPoint Address { get; } = new(IPAddress.Loopback, FreePort.Take());

    public int Id => _process!.Id;

    public static async Task<Haproxy> StartAsync(int backendPort, bool splices)
    {
        var haproxy = new Haproxy();
        string configuration = haproxy._folder.File("haproxy.cfg");
        await File.WriteAllTextAsync(configuration, $"""
            global
              nbthread 2
              maxconn 200
            defaults
              mode http
              timeout connect 5s
              timeout client 20s
              timeout server 20s
              option http-keep-alive
              {(splices ? "option splice-response\n  option splice-request" : "no option splice-auto")}
            frontend front
              bind {haproxy.Address}
              default_backend back
            backend back
              http-reuse always
              server one 127.0.0.1:{backendPort}

            """);
        haproxy._process = ChildProcess.Start("haproxy", "-db", "-f", configuration);
        await haproxy._process.WaitForPortAsync(haproxy.Address);
        return haproxy;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Dispose();
    }
}
