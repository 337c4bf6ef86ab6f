using System.Net;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Servers of other families: the truth is what a client that counts bytes sent and received.</summary>
[Collection(LiveCollection.Name)]
public sealed class ServerTests
{
    private const int Connections = 3;
    private const int RequestsPerConnection = 120;

    [SkippableTheory]
    [InlineData("node")]
    [InlineData("python, threads")]
    [InlineData("python, one")]
    [InlineData("apache2")]
    [InlineData("java")]
    [InlineData("Kestrel")]
    public async Task What_a_server_served_is_seen_exactly(string family)
    {
        using var folder = new TemporaryFolder();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        string[] command = Command(family, folder, address.Port);
        Live.Require(command[0].Contains('/') ? [] : [command[0]]);
        await using var server = ChildProcess.Start(command[0], command[1..]);
        if (family == "apache2") await server.WaitForPortAsync(address);
        else await server.WaitForLineAsync("ready");
        await using var agent = await Agent.StartAsync("--pid", $"{server.Id}");

        var truth = new List<Fact>();
        var connections = Enumerable.Range(0, Connections).Select(async connection =>
        {
            using var client = await RawClient.ConnectAsync(address);
            var facts = new List<Fact>();
            for (int i = 0; i < RequestsPerConnection; i++)
            {
                if (i % 12 != 11)
                    facts.Add(await client.SendAsync(Request(family, i, $"{connection}-{i}")));
                else if (family != "java") // which forgets what it read ahead
                    facts.AddRange(await client.PipelineAsync([.. Enumerable.Range(0, 5)
                        .Select(k => Request(family, k, $"{connection}-{i}-{k}"))]));
            }

            foreach (int i in Enumerable.Range(0, 10))
            {
                using var once = family == "python, one" ? null : await RawClient.ConnectAsync(address);
                if (once is not null)
                    facts.Add(await once.SendAsync(RawRequest.Get($"/small?once={connection}-{i}", "Connection: close\r\n",
                        version: i % 2 == 0 ? "1.0" : "1.1")));
            }

            lock (truth) truth.AddRange(facts);
        });
        if (family == "python, one") foreach (var connection in connections) await connection; // it serves one connection at a time
        else await Task.WhenAll(connections);
        var run = await agent.StopAsync();

        Assert.Equal(Connections * (RequestsPerConnection + (family == "java" ? -10 : 40) + (family == "python, one" ? 0 : 10)),
            truth.Count);
        Facts.AssertSame(truth, run.Exchanges.Select(seen => seen.Fact), family, run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal(("server", address.ToString()), (seen.Role, seen.Local)));
        run.AssertNothingLost();
    }

    private static RawRequest Request(string family, int i, string id) => (i % 11) switch
    {
        0 => RawRequest.Get($"/small?n={id}"),
        1 => RawRequest.Get($"/large?n={id}"),
        2 => RawRequest.Get($"/missing?n={id}"),
        3 => RawRequest.Get($"/fail?n={id}"),
        4 => RawRequest.Get($"/small?n={id}", method: "HEAD"),
        5 => RawRequest.Post($"/echo?n={id}", new byte[i * 700]),
        6 => family.StartsWith("python") ? RawRequest.Post($"/echo?n={id}", default)
            : RawRequest.Chunked($"/echo?n={id}", new byte[1 + i * 500], 1, 100, 5000),
        7 => RawRequest.Get($"/chunked?n={id}", "Accept-Encoding: gzip\r\n"),
        8 => RawRequest.Post($"/echo?n={id}", new byte[100_000 + i]),
        9 => RawRequest.Post($"/echo?n={id}", new byte[3000]).Waiting(),
        _ => RawRequest.Get($"/small?n={id}", $"X-Long: {new string('x', 20 * i)}\r\n"),
    };

    private static string[] Command(string family, TemporaryFolder folder, int port) => family switch
    {
        "node" => ["node", Programs.File("server.js"), $"{port}"],
        "python, threads" => ["python3", Programs.File("server.py"), $"{port}", "threads"],
        "python, one" => ["python3", Programs.File("server.py"), $"{port}", "one"],
        "apache2" => Apache.Command(folder, port),
        "java" => ["java", Programs.File("Server.java"), $"{port}"],
        _ => [Programs.TestAssembly, "server", $"{port}"],
    };
}
