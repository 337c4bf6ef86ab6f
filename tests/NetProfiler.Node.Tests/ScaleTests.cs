using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Much of one kind: processes, connections, clients. Counts stay exact, memory bounded, and what people read readable.</summary>
[Collection(LiveCollection.Name)]
public sealed class ScaleTests
{
    private const int MaxMegabytes = 600; // the ring is 32 of them
    private const int MaxRows = 64, MaxEdges = 1024, MaxScrapeBytes = 5_000_000;

    // Each makes one request and ends, under one of twenty names.
    private const string ShortLived = """
        import os, socket, sys
        for i in range(PROCESSES):
            if os.fork() == 0:
                open('/proc/self/comm', 'w').write(f'short{i % 20}')
                s = socket.create_connection(('127.0.0.1', PORT))
                s.sendall(b'GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
                while s.recv(4096): pass
                os._exit(0)
            if i % 8 == 7:
                for _ in range(8): os.wait()
        """;

    [SkippableFact]
    public async Task A_thousand_short_lived_processes()
    {
        const int Processes = 1_000;
        Live.Require("nginx", "python3");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await RunAsync("--comm", "python3");
        string program = ShortLived.Replace("PROCESSES", $"{Processes}", StringComparison.Ordinal)
            .Replace("PORT", $"{nginx.Port}", StringComparison.Ordinal);
        await ChildProcess.RunAsync(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", "-c", program);
        await Task.Delay(500);
        await agent.AssertAsync(server: 0, client: Processes, await nginx.QuitAsync());
    }

    [SkippableFact]
    public async Task A_hundred_thousand_connections()
    {
        const int Connections = 100_000, Threads = 4;
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await RunAsync("--pid", $"{nginx.Id}");
        await Task.WhenAll(Enumerable.Range(0, Threads)
            .Select(thread => Task.Factory.StartNew(() => Connect(nginx.Address, thread, Connections / Threads),
            TaskCreationOptions.LongRunning)));
        await Task.Delay(500);
        await agent.AssertAsync(server: Connections, client: 0, await nginx.QuitAsync());
    }

    [SkippableFact]
    public async Task A_hundred_thousand_clients()
    {
        const int Clients = 100_000;
        Live.Require();
        using var folder = new TemporaryFolder();
        await using (var file = File.Create(folder.File("clients.pcap"), 1 << 20)) WritePackets(file, Clients);
        await using var process = ChildProcess.Start(
            Agent.Program, "replay", folder.File("clients.pcap"), "--output", "table", "--topology", "json", "--metrics-listen", "none");
        Assert.Equal(0, await process.WaitAsync(TimeSpan.FromSeconds(60)));
        var output = await process.Output;
        string summary = string.Join('\n', await process.Errors);
        Assert.Contains($"netprofiler: {Clients} exchanges in ", summary, StringComparison.Ordinal);
        Assert.EndsWith("nothing lost, nothing unpaired", summary, StringComparison.Ordinal);
        Assert.Matches($@"\n  \S+ \(server\): {Clients} exchanges, 0 4xx, {Clients / 100} 5xx, ", summary);
        AssertReadable(output, Clients, Clients / 100, "atServer");
    }

    private static async Task<ScaleRun> RunAsync(params string[] targets)
    {
        int metrics = FreePort.Take();
        var process = ChildProcess.Start(Agent.Program,
            ["run", .. targets, "--output", "table", "--topology", "json", "--metrics-listen", $"127.0.0.1:{metrics}"]);
        await process.WaitForLineAsync("netprofiler: capturing");
        return new ScaleRun(process, metrics);
    }

    // From addresses of their own: ports would not do.
    private static void Connect(IPEndPoint server, int thread, int connections)
    {
        byte[] request = "GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray(), response = new byte[4096];
        for (int i = 0; i < connections; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Bind(new IPEndPoint(new IPAddress([127, (byte)(1 + thread), (byte)(i >> 8), (byte)i]), 0));
            client.Connect(server);
            client.Send(request);
            while (client.Receive(response) > 0)
            {
            }
        }
    }

    private static void AssertReadable(List<string> output, long requests, long errors, string end)
    {
        int json = output.LastIndexOf("{");
        string[] rows = [.. output.Take(json).Reverse().SkipWhile(line => !line.StartsWith('╰')).Skip(1)
            .TakeWhile(line => !line.StartsWith('├'))];
        Assert.InRange(rows.Length, 1, MaxRows);
        Assert.All(rows, row => Assert.InRange(row.Length, 0, 200));
        var edges = JsonDocument.Parse(string.Join('\n', output.Skip(json))).RootElement.GetProperty("edges").EnumerateArray()
            .Where(edge => edge.TryGetProperty(end, out _)).Select(edge => edge.GetProperty(end)).ToList();
        Assert.InRange(edges.Count, 1, MaxEdges);
        Assert.Equal((requests, errors), (edges.Sum(edge => edge.GetProperty("requests").GetInt64()),
            edges.Sum(edge => edge.GetProperty("errors").GetInt64())));
    }

    // A connection of four packets each, between two addresses on the bare IP layer; every hundredth is answered with 500.
    private static void WritePackets(FileStream file, int clients)
    {
        using var writer = new BinaryWriter(file);
        foreach (uint word in new uint[] { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65_535, 101 }) writer.Write(word);
        for (int client = 0; client < clients; client++)
        {
            byte[] request = Encoding.ASCII.GetBytes($"GET /{client % 100} HTTP/1.1\r\nHost: a\r\n\r\n"),
                response = Encoding.ASCII.GetBytes($"HTTP/1.1 {(client % 100 == 0 ? 500 : 200)} -\r\nContent-Length: 0\r\n\r\n");
            uint asked = 101 + (uint)request.Length, answered = 501 + (uint)response.Length;
            Write(0, isClient: true, 100, 0, Syn, []);
            Write(1, isClient: false, 500, 101, Syn | Ack, []);
            Write(2, isClient: true, 101, 501, Ack, request);
            Write(3, isClient: false, 501, asked, Ack | Fin, response);
            Write(4, isClient: true, asked, answered + 1, Ack | Fin, []);

            void Write(int step, bool isClient, uint sequence, uint acknowledged, byte flags, byte[] bytes)
            {
                long micro = ((long)client * 100) + step;
                foreach (uint word in new[] { 1_700_000_000 + (uint)(micro / 1_000_000), (uint)(micro % 1_000_000), 40 + (uint)bytes.Length,
                    40 + (uint)bytes.Length })
                    writer.Write(word);
                byte[] theirs = [11, (byte)(client >> 16), (byte)(client >> 8), (byte)client], ours = [10, 0, 0, 1];
                writer.Write([0x45, 0, .. Big16(40 + bytes.Length), 0, 0, 0x40, 0, 64, 6, 0, 0, .. isClient ? theirs : ours,
                    .. isClient ? ours : theirs]);
                writer.Write([.. Big16(isClient ? 40_000 : 80), .. Big16(isClient ? 80 : 40_000), .. Big32(sequence),
                    .. Big32(acknowledged), 0x50, flags, 0xff, 0xff, 0, 0, 0, 0, .. bytes]);
            }
        }
    }

    private const byte Fin = 1, Syn = 2, Ack = 16;

    private static byte[] Big16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Big32(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private sealed class ScaleRun(ChildProcess process, int metrics) : IAsyncDisposable
    {
        /// <param name="truth">What nginx logged.</param>
        public async Task AssertAsync(int server, int client, IReadOnlyList<NginxLine> truth)
        {
            Assert.Equal(int.Max(server, client), truth.Count);
            using var http = new HttpClient();
            string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"));
            Assert.InRange(text.Length, 1, MaxScrapeBytes);
            var scraped = new Scraped(text);
            Assert.InRange(PeakMegabytes(), 1, MaxMegabytes);

            process.Send(Signal.Terminate);
            Assert.Equal(0, await process.WaitAsync(TimeSpan.FromSeconds(30)));
            string summary = string.Join('\n', await process.Errors);
            Assert.True(summary.Contains($"netprofiler: {server + client} exchanges in ", StringComparison.Ordinal), summary);
            Assert.EndsWith("nothing lost, nothing unpaired", summary, StringComparison.Ordinal);
            Assert.Equal((server, client), (scraped.Sum("http_server_request_duration_seconds_count"),
                scraped.Sum("http_client_request_duration_seconds_count")));
            Assert.Equal((0, 0), (scraped.Sum("http_server_active_requests"), scraped.Sum("http_client_active_requests")));
            var output = await process.Output;
            if (server > 0) AssertReadable(output, server, 0, "atServer");
            if (client > 0) AssertReadable(output, client, 0, "atClient");
        }

        public ValueTask DisposeAsync() => process.DisposeAsync();

        private double PeakMegabytes() => double.Parse(
            File.ReadLines($"/proc/{process.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;
    }
}
