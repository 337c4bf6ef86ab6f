using System.Net;
using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>What is not over yet is visible: in the metrics and in the table, live.</summary>
[Collection(LiveCollection.Name)]
public sealed class InFlightTests
{
    private const string Server = "http_server_active_requests", Client = "http_client_active_requests";
    private const int Streams = 5;

    [SkippableFact]
    public async Task Streams_are_counted_at_both_ends_while_they_are_open()
    {
        Live.Require();
        int metrics = FreePort.Take();
        using var listener = FreePort.Listen();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var agent = await Agent.StartAtAsync(listener, "--metrics-listen", $"127.0.0.1:{metrics}");
        var streams = new List<(Socket Client, Socket Server)>();
        for (int i = 0; i < Streams; i++) streams.Add(await OpenAsync(listener, $"stock.example:{port}"));
        string[] server = ["http_request_method=\"GET\"", "url_scheme=\"http\""],
            client = ["http_request_method=\"GET\"", "server_address=\"stock.example\"", $"server_port=\"{port}\""];
        Assert.Equal((Streams, Streams), await CountAsync(metrics, Streams));
        var scraped = await Scraped.OfAsync(metrics);
        Assert.Equal((Streams, Streams), (scraped.Sum(Server, server), scraped.Sum(Client, client)));

        foreach (var stream in streams.Take(2)) Close(stream.Client, stream.Server); // clients that leave
        Assert.Equal((Streams - 2, Streams - 2), await CountAsync(metrics, Streams - 2));
        foreach (var stream in streams.Skip(2))
        {
            await stream.Server.SendAsync("0\r\n\r\n"u8.ToArray());
            await stream.Client.ReceiveAsync(new byte[100]);
            Close(stream.Server, stream.Client);
        }

        Assert.Equal((0, 0), await CountAsync(metrics, 0)); // the series stay
        scraped = await Scraped.OfAsync(metrics);
        Assert.True(scraped.Has(Server, server) && scraped.Has(Client, client));
        Assert.Equal(Streams - 2, scraped.Sum("http_client_request_duration_seconds_count", client));
        var run = await agent.StopAsync();
        Assert.Equal((2 * (Streams - 2), 2 * 2), (run.Exchanges.Count, run.Unfinished.Count));
    }

    [SkippableFact]
    public async Task Downloads_from_nginx_that_are_read_slowly_are_in_flight_in_the_table()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await File.WriteAllBytesAsync(Path.Combine(nginx.Folder, "www/large"), new byte[32 << 20]);
        await using var agent = ChildProcess.Start(Agent.Program, "run", "--pid", $"{nginx.Id}", "--output", "table",
            "--metrics-listen", "none");
        await agent.WaitForLineAsync("netprofiler: capturing");
        var clients = new List<Socket>();
        for (int i = 0; i < Streams; i++)
        {
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            await client.ConnectAsync(nginx.Address);
            await client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
            clients.Add(client);
        }

        await agent.WaitForLineAsync("│ nginx   │ server │     0 │         5 │     0 │   0 │   0 │   0 │   0 │     │     │     │  "
            + "       │");
        clients.ForEach(client => client.Dispose());
        await agent.WaitForLineAsync(" 200 client-reset nginx GET /large");
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());
        Assert.Contains("  unpaired, response incomplete: 5", await agent.Errors);
    }

    private static async Task<(Socket Client, Socket Server)> OpenAsync(TcpListener listener, string host)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        var server = await listener.AcceptSocketAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        await server.ReceiveAsync(new byte[1000]);
        await server.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n"u8.ToArray());
        await client.ReceiveAsync(new byte[1000]);
        return (client, server);
    }

    private static void Close(Socket first, Socket second)
    {
        first.Close();
        Thread.Sleep(10);
        second.Close();
    }

    // What a socket call did is told within milliseconds.
    private static async Task<(double Server, double Client)> CountAsync(int metrics, double expected)
    {
        (double, double) seen = default;
        for (int attempt = 0; attempt < 50; attempt++)
        {
            var scraped = await Scraped.OfAsync(metrics);
            seen = (scraped.Sum(Server), scraped.Sum(Client));
            if (seen == (expected, expected)) break;
            await Task.Delay(100);
        }

        return seen;
    }
}
