using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Requests without a whole response, live: who ended it and how, as both ends saw it.</summary>
[Collection(LiveCollection.Name)]
public sealed class UnfinishedTests
{
    private const string Begun = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    private enum Ends
    {
        ClientCloses,
        ClientResets,
        ServerCloses,
        ServerResets,
    }

    [SkippableFact]
    public async Task Each_is_told_with_who_ended_it_and_how()
    {
        Live.Require();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);
        var cases = Enum.GetValues<Ends>().SelectMany(ends => new[] { (ends, Answer: ""), (ends, Answer: Begun) }).ToList();
        foreach (var (ends, answer) in cases) await PlayAsync(listener, ends, answer);
        var run = await agent.StopAsync();

        var expected = cases.Select(one =>
            $"/{one.ends}/{one.Answer.Length} {(one.Answer.Length == 0 ? "-" : "200")} {NameOf(one.ends)} {one.Answer.Length}")
            .Order().ToList();
        foreach (string role in new[] { "server", "client" })
        {
            var seen = run.Unfinished.Where(line => line.Role == role).ToList();
            Assert.Equal(expected, seen.Select(line =>
                $"{line.Target} {(line.Outcome == "unanswered" ? "-" : line.Status)} {line.Incomplete ?? line.Reason} {line.ResponseBytes}")
                .Order());
            Assert.All(seen, line => Assert.True(line.DurationMicroseconds >= Wait.TotalMicroseconds));
            Assert.All(seen, line => Assert.Equal(line.Outcome ?? "incomplete", line.Sampled));
        }

        Assert.Empty(run.Exchanges);
    }

    /// <summary>nginx logs what it knows: 200 with the bytes that it sent, 499 where it had answered nothing.</summary>
    [SkippableFact]
    public async Task Downloads_that_clients_leave_are_those_that_nginx_logs_with_fewer_bytes()
    {
        const int downloads = 20;
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await File.WriteAllBytesAsync(Path.Combine(nginx.Folder, "www/large"), new byte[32 << 20]);
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");
        for (int i = 0; i < downloads; i++)
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            await client.ConnectAsync(nginx.Address);
            await client.SendAsync(Encoding.ASCII.GetBytes($"GET /large?{i} HTTP/1.1\r\nHost: a\r\n\r\n"));
            await client.ReceiveAsync(new byte[4096]);
        }

        await Task.Delay(200);
        await nginx.QuitAsync();
        var run = await agent.StopAsync();
        Assert.Empty(run.Exchanges);
        Assert.Equal(Enumerable.Range(0, downloads).Select(i => $"/large?{i}").Order(), run.Unfinished.Select(line => line.Target).Order());
        Assert.All(run.Unfinished, line =>
        {
            Assert.Equal((200, "client-reset"), (line.Status, line.Incomplete)); // what it had not read makes its close a reset
            Assert.InRange(line.ResponseBytes, 4096, 32 << 20);
        });
    }

    private static string NameOf(Ends ends) => ends switch
    {
        Ends.ClientCloses => "client-closed",
        Ends.ClientResets => "client-reset",
        Ends.ServerCloses => "server-closed",
        _ => "server-reset",
    };

    private static async Task PlayAsync(TcpListener listener, Ends ends, string answer)
    {
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        string request = $"GET /{ends}/{answer.Length} HTTP/1.1\r\nHost: a\r\n\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        Assert.Equal(request.Length, await server.ReceiveAsync(new byte[1000]));
        if (answer.Length > 0)
        {
            await server.SendAsync(Encoding.ASCII.GetBytes(answer));
            Assert.Equal(answer.Length, await client.ReceiveAsync(new byte[1000]));
        }

        await Task.Delay(Wait + Wait / 10);
        var (first, second) = ends is Ends.ClientCloses or Ends.ClientResets ? (client, server) : (server, client);
        if (ends is Ends.ClientResets or Ends.ServerResets) first.LingerState = new LingerOption(true, 0);
        first.Close();
        await Task.Delay(10);
        second.Close();
    }
}
