using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>
/// Connections joined within a body, switched before it was read, and cut within one: on both ends what is shown is what took place.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class JoinedAndCutTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>Longer than a hundred milliseconds, and than eight times the longest answer.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    [SkippableTheory]
    [InlineData("just some text\n")]
    [InlineData("GET /fake HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /fake HTTP/1.1\r\nHost: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    public async Task Attached_within_an_upload_nothing_of_it_is_taken_for_an_exchange(string rest)
    {
        Live.Require();
        using var listener = FreePort.Listen();
        using var client = Connect(listener);
        using var server = await listener.AcceptSocketAsync();
        string first = $"POST /real HTTP/1.1\r\nHost: x\r\nContent-Length: {500 + rest.Length}\r\n\r\n{new string('z', 500)}";
        Move(client, server, first);
        await using var agent = await Agent.StartAtAsync(listener);

        Move(client, server, rest);
        Move(server, client, Answer);
        for (int i = 0; i < 3; i++) Exchange(client, server, $"/before/{i}");
        await Task.Delay(Silence);
        for (int i = 0; i < 100; i++) Exchange(client, server, $"/after/{i}");
        client.Dispose();
        server.Dispose();
        var run = await agent.StopAsync();

        string[] after = [.. Enumerable.Range(0, 100).Select(i => $"/after/{i}")];
        Assert.Equal(after, run.Exchanges.Where(seen => seen.IsServer).Select(seen => seen.Target));
        Assert.Equal(after, run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Target));
    }

    /// <summary>As some servers do that are offered h2c: RFC 9110, section 7.8, has the client complete its request first.</summary>
    [SkippableFact]
    public async Task An_upgrade_before_the_content_was_read_leaves_the_content_with_its_request()
    {
        Live.Require();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);
        string head = "POST /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3000\r\n\r\n";
        using (var client = Connect(listener))
        using (var server = await listener.AcceptSocketAsync())
        {
            Move(client, server, head);
            Move(server, client, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
            Move(client, server, new string('b', 3000));
            Move(server, client, "\0\0\0\u0004\0\0\0\0\0");
        }

        var run = await agent.StopAsync();
        Assert.Equal([(false, 101, head.Length + 3000, 3000), (true, 101, head.Length + 3000, 3000)],
            run.Exchanges.Select(seen => (seen.IsServer, seen.Status, (int)seen.RequestBytes, (int)seen.RequestBodyBytes)).Order());
    }

    /// <summary>RFC 9112, section 8: a body that the connection's end ends is incomplete where a reset was that end.</summary>
    [SkippableTheory]
    [InlineData(false, 2, 0)]
    [InlineData(true, 0, 2)]
    public async Task A_body_without_a_length_is_whole_at_a_close_and_incomplete_at_a_reset(bool isReset, int exchanges, int incomplete)
    {
        Live.Require();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);
        using (var client = Connect(listener))
        using (var server = await listener.AcceptSocketAsync())
        {
            Move(client, server, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            Move(server, client, "HTTP/1.1 200 OK\r\n\r\npart of it");
            if (isReset) server.LingerState = new LingerOption(true, 0);
            server.Close();
            try
            {
                Assert.Equal(0, client.Receive(new byte[10]));
                Assert.False(isReset);
            }
            catch (SocketException exception)
            {
                Assert.True(isReset, exception.Message);
            }
        }

        await Task.Delay(100); // longer than a closed connection is waited for
        var run = await agent.StopAsync();
        Assert.Equal((exchanges, incomplete), (run.Exchanges.Count, run.Counted("unpaired, response incomplete")));
    }

    private static Socket Connect(TcpListener listener)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(listener.LocalEndpoint);
        return client;
    }

    private static void Exchange(Socket client, Socket server, string target)
    {
        Move(client, server, $"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        Move(server, client, Answer);
    }

    private static void Move(Socket from, Socket to, string text)
    {
        from.Send(Encoding.ASCII.GetBytes(text));
        byte[] buffer = new byte[text.Length];
        for (int read = 0; read < text.Length;) read += to.Receive(buffer, read, text.Length - read, SocketFlags.None);
    }
}
