using System.Net;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>Servers of many families that speak TLS.</summary>
internal static class TlsServers
{
    /// <summary>Accepts connections when this returns.</summary>
    public static async Task<ChildProcess> StartAsync(string family, TemporaryFolder folder, IPEndPoint address)
    {
        string[] command = family switch
        {
            "apache2" => Apache.Command(folder, address.Port, tls: true),
            "asyncio" => ["python3", Programs.File("asyncio_tls.py"), "server", $"{address.Port}", folder.Path],
            "node" => ["node", Programs.File("server.js"), $"{address.Port}", folder.Path],
            "Kestrel" => [Programs.TestAssembly, "server", $"{address.Port}", folder.Path],
            _ => ["python3", Programs.File("server.py"), $"{address.Port}", "threads", folder.Path],
        };
        var server = ChildProcess.Start(command[0], command[1..]);
        if (family == "apache2") await server.WaitForPortAsync(address);
        else await server.WaitForLineAsync("ready");
        return server;
    }
}
