using System.Net;
using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Messages that go through in one call of many bytes, more than are copied of one call.</summary>
[Collection(LiveCollection.Name)]
public sealed class LargeCallTests
{
    private const int CallBytes = 300_000;

    [SkippableTheory]
    [InlineData("one chunk")]
    [InlineData("many chunks")]
    [InlineData("Content-Length")]
    [InlineData("responses")]
    [InlineData("large chunk")]
    public async Task What_is_sent_and_read_in_one_call_is_exact(string kind)
    {
        Live.Require();
        var (count, response) = Response(kind);
        int callBytes = int.Max(CallBytes, response.Length);
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);

        var truth = new List<Fact>();
        for (int i = 0; i < 10; i++)
        {
            byte[] request = [.. Enumerable.Repeat(Encoding.ASCII.GetBytes($"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n"), count)
                .SelectMany(bytes => bytes)];
            truth.AddRange(Enumerable.Repeat(new Fact("GET", $"/{i}", 200, request.Length / count, response.Length / count), count));
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 * callBytes };
            await client.ConnectAsync(listener.LocalEndpoint);
            using var server = await listener.AcceptSocketAsync();
            server.SendBufferSize = 4 * callBytes;

            client.Send(request);
            for (int read = 0; read < request.Length;) read += server.Receive(new byte[CallBytes]);
            for (int sent = 0; sent < response.Length;) sent += server.Send(response.AsSpan(sent));
            while (client.Available < response.Length) await Task.Delay(1);
            Assert.Equal(response.Length, client.Receive(new byte[2 * callBytes]));
        }

        var run = await agent.StopAsync();
        Facts.AssertSame(truth, run.Exchanges.Where(seen => seen.IsServer).Select(seen => seen.Fact), "server's side", run.Summary);
        Facts.AssertSame(truth, run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Fact), "client's side", run.Summary);
        run.AssertNothingLost();
    }

    /// <summary>Rows that a handler writes in one tick become one writev of four segments each, at most the kernel's 1,024.</summary>
    [SkippableFact]
    public async Task Rows_that_Node_js_writes_in_one_call_are_exact()
    {
        Live.Require("node");
        const string Server = "require('http').createServer((q,r)=>{const n=+q.url.slice(1);for(let i=0;i<n;i++)r.write('line "
            + "'+i+'\\n');r.end()}).listen(+process.argv[1],'127.0.0.1')";
        int port = FreePort.Take();
        var address = new IPEndPoint(IPAddress.Loopback, port);
        await using var server = ChildProcess.Start("node", "-e", Server, $"{port}");
        await server.WaitForPortAsync(address);
        await using var agent = await Agent.StartAsync("--pid", $"{server.Id}");
        var truth = new List<Fact>();
        using (var client = await RawClient.ConnectAsync(address))
        {
            foreach (int rows in new[] { 1, 31, 32, 33, 100, 255, 256, 500, 2000 })
                truth.Add(await client.SendAsync(RawRequest.Get($"/{rows}")));
        }

        await Task.Delay(200);
        var run = await agent.StopAsync();
        Facts.AssertSame(truth, run.Exchanges.Select(seen => seen.Fact), "the server's side", run.Summary);
        run.AssertNothingLost();
    }

    private static (int Count, byte[] Bytes) Response(string kind)
    {
        string body = new('x', CallBytes);
        string text = kind switch
        {
            "one chunk" => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CallBytes:x}\r\n{body}\r\n0\r\n\r\n",
            "many chunks" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                + $"chunked\r\n\r\n{string.Concat(Enumerable.Repeat($"1000\r\n{body[..4096]}\r\n", 70))}0\r\n\r\n",
            "large chunk" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                + $"chunked\r\n\r\n{4 * CallBytes:x}\r\n{new string('x', 4 * CallBytes)}\r\n0\r\n\r\n",
            "Content-Length" => $"HTTP/1.1 200 OK\r\nContent-Length: {CallBytes}\r\n\r\n{body}",
            _ => string.Concat(Enumerable.Repeat($"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{body[..900]}", 300)),
        };
        return (kind == "responses" ? 300 : 1, Encoding.ASCII.GetBytes(text));
    }
}
