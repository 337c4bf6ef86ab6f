using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Node.Tests;

/// <summary>Bytes that are not HTTP/1.x, or not all of it. Both ends are profiled, so that each connection counts twice.</summary>
[Collection(LiveCollection.Name)]
public sealed class HostileBytesTests(ITestOutputHelper output)
{
    private const string Good = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    /// <param name="Asks">What the client sends.</param>
    /// <param name="Answers">What the server sends.</param>
    /// <param name="Kind">As what the connection counts, or null: no byte of it decides.</param>
    /// <param name="Exchanges">Exchanges on it.</param>
    /// <param name="Unpaired">Reasons, each once.</param>
    private sealed record Case(string Name, byte[] Asks, byte[] Answers, string? Kind, int Exchanges = 0, params string[] Unpaired);

    private static readonly Case[] Cases =
    [
        new("random", Random(1, 60_000), Random(2, 60_000), "not_http"),
        new("TLS hello", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, .. Random(3, 500)],
            [0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3, .. Random(4, 120)], "tls"),
        new("HTTP/2 preface", [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0], [0, 0, 0, 4, 0, 0, 0, 0, 0], "http2"),
        new("redis", Bytes("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), Bytes("$5\r\nhello\r\n"), "not_http"),
        new("redis inline", Bytes("PING\r\n"), Bytes("+PONG\r\n"), "not_http"),
        new("zeros", new byte[1000], new byte[1000], "not_http"),
        new("memcached", Bytes("get key\r\n"), Bytes("END\r\n"), "not_http"),
        new("half a method", Bytes("GE"), [], null),
        new("half a head", Bytes("GET /half HTTP/1.1\r\nHost: a\r\n"), [], "http", 0, "request_incomplete"),
        new("no answer", Bytes(Good), [], "http", 0, "no_response"),
        new("half an answer", Bytes(Good), Bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), "http", 0, "response_incomplete"),
        // answered: an exchange, whose request has no known end
        new("1 MB head", Bytes($"GET /large HTTP/1.1\r\nX: {new string('x', 1 << 20)}\r\n\r\n"), Bytes(Ok), "http", 1),
        new("garbage answer", Bytes(Good), Random(5, 2000), "http", 0, "invalid_response"),
        new("garbage after an exchange", [.. Bytes(Good), .. Random(6, 2000)], Bytes(Ok), "http", 1, "invalid_request"),
        new("both lengths", Bytes("POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            Bytes(Ok), "http", 1),
        // answered: an exchange, and so not unpaired
        new("bad chunk", Bytes("POST /chunk HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), Bytes(Ok), "http", 1),
        new("an answer nobody asked for", [], Bytes(Ok), "http", 0, "response_without_request"),
    ];

    [SkippableFact]
    public async Task Hostile_bytes_are_counted_and_spoil_no_other_connection()
    {
        const int rounds = 2; // less than what presses the ring, even if the agent slept: BurstTests is about that
        Live.Require("nginx");
        int metrics = FreePort.Take();
        using var listener = FreePort.Listen();
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAtAsync(listener, "--pid", $"{nginx.Id}", "--metrics-listen", $"127.0.0.1:{metrics}");

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        await mix.KeepAliveAsync(connections: 1, requests: 100); // the agent is warm
        await Task.Delay(500);
        var others = mix.KeepAliveAsync(connections: 2, requests: 200);
        for (int round = 0; round < rounds; round++)
            foreach (var one in Cases) await PlayAsync(listener, one);
        await others;
        await Task.Delay(250); // closed connections are kept for 20 ms, and the agent may have to wait for a processor

        using var http = new HttpClient();
        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"));
        await nginx.QuitAsync();
        var run = await agent.StopAsync();
        output.WriteLine(run.Summary);

        Assert.Equal(0, run.ExitCode);
        Facts.AssertSame(mix.Truth, run.Exchanges.Where(seen => seen.Process.Comm == "nginx" && seen.IsServer
            && seen.LocalPort == nginx.Port).Select(seen => seen.Fact), "other traffic", run.Summary);
        int hostile = run.Exchanges.Count(seen => seen.Process.Comm != "nginx");
        Assert.Equal(2 * rounds * Cases.Sum(one => one.Exchanges), hostile);
        foreach (string kind in Foreign)
            Assert.Equal(2 * rounds * Cases.Count(one => one.Kind == kind),
                Sample(text, $"netprofiler_connections_seen_total{{kind=\"{kind}\"}}"));
        var expected = Cases.SelectMany(one => one.Unpaired).GroupBy(reason => reason)
            .ToDictionary(group => group.Key, group => 2.0 * rounds * group.Count());
        string[] reasons = ["no_response", "response_incomplete", "request_incomplete", "response_without_request", "gap",
            "invalid_request", "invalid_response", "too_many_pending"];
        Assert.Equal(
            reasons.Select(reason => (reason, expected.GetValueOrDefault(reason))),
            reasons.Select(reason => (reason, Sample(text, $"netprofiler_unpaired_total{{reason=\"{reason}\"}}"))));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Each_is_counted_as_what_it_is(string name)
    {
        Live.Require();
        var one = Cases.Single(one => one.Name == name);
        int metrics = FreePort.Take();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener, "--metrics-listen", $"127.0.0.1:{metrics}");
        await PlayAsync(listener, one);
        await Task.Delay(250); // closed connections are kept for 20 ms, and the agent may have to wait for a processor
        using var http = new HttpClient();
        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"));
        var run = await agent.StopAsync();

        output.WriteLine(run.Summary);
        string[] kinds = ["http", .. Foreign];
        Assert.Equal(
            kinds.Select(kind => (kind, one.Kind == kind ? 2.0 : 0)),
            kinds.Select(kind => (kind, Sample(text, $"netprofiler_connections_seen_total{{kind=\"{kind}\"}}"))));
        Assert.Equal(2 * one.Exchanges, run.Exchanges.Count);
        Assert.Equal(2 * one.Unpaired.Count(IsShown), run.Unfinished.Count);
        Assert.Equal(2 * one.Unpaired.Length,
            text.Split('\n').Where(line => line.StartsWith("netprofiler_unpaired_total{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.IndexOf(' ') + 1)..])));
        Assert.All(one.Unpaired, reason => Assert.Equal(2, Sample(text, $"netprofiler_unpaired_total{{reason=\"{reason}\"}}")));
    }

    private static bool IsShown(string reason) => reason is "no_response" or "response_incomplete";

    private static readonly string[] Foreign = ["not_http", "tls", "http2", "http09"];

    public static TheoryData<string> Names => new(Cases.Select(one => one.Name));

    private static async Task PlayAsync(TcpListener listener, Case one)
    {
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        await PassAsync(client, server, one.Asks);
        await PassAsync(server, client, one.Answers);
        server.Close();
        Assert.Equal(0, await client.ReceiveAsync(new byte[10]));
    }

    private static async Task PassAsync(Socket from, Socket to, byte[] bytes)
    {
        var sending = Task.Run(async () =>
        {
            for (int sent = 0; sent < bytes.Length;)
                sent += await from.SendAsync(bytes.AsMemory(sent, int.Min(20_000, bytes.Length - sent)));
        });
        var buffer = new byte[30_000];
        for (int received = 0; received < bytes.Length;) received += await to.ReceiveAsync(buffer);
        await sending;
    }

    private static double Sample(string text, string series)
    {
        string line = text.Split('\n').Single(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(line.AsSpan(series.Length + 1));
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Random(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
