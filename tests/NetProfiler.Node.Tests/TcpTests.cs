using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>
/// What is told of TCP against what the kernel itself tells: ss of the same sockets, counters of a namespace that has no others.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class TcpTests
{
    private const string Client = "role=\"client\"", Server = "role=\"server\"";

    [SkippableFact]
    public async Task Retransmissions_and_round_trips_over_a_slow_network_that_loses_are_the_kernel_s_own()
    {
        Live.Require("ip", "ss", "python3");
        Skip.IfNot(File.Exists("/dev/net/tun"), "needs TUN devices");
        await using var place = await NetNamespace.CreateAsync();
        await using var relay = await TcpProgram.StartAsync(place, "relay", "10");
        await using var talk = await TcpProgram.StartAsync(place, "talk", "10.9.0.1", "10.9.0.2", "80");
        int metrics = FreePort.Take();
        await using var agent = await Agent.StartAsync("--pid", $"{talk.Id}", "--metrics-listen", $"127.0.0.1:{metrics}");

        double connecting = double.Parse(await talk.AskAsync("connect"), CultureInfo.InvariantCulture);
        await relay.AskAsync("drop 25");
        for (int i = 0; i < 5; i++) await talk.AskAsync("exchange 200000 200000 0");
        await relay.AskAsync("drop 0");
        await talk.AskAsync("exchange 10 10 0");
        await Task.Delay(1500); // what is open is told once a second
        var (client, server) = await SocketsAsync(place);
        long retransmitted = await place.CounterAsync("snmp", "Tcp", "RetransSegs");
        var scraped = await Scraped.OfAsync(metrics);
        long[] counts = [.. (await talk.AskAsync("counts")).Split(' ').Select(long.Parse)];
        await talk.AskAsync("exchange 10 10 0");
        await talk.AskAsync("close");
        var run = await agent.StopAsync();
        run.AssertNothingLost();

        Assert.True(client.Retransmissions > 0 && server.Retransmissions > 0, "nothing was lost");
        Assert.Equal(retransmitted, client.Retransmissions + server.Retransmissions);
        Assert.Equal(client.Retransmissions, scraped.Sum("netprofiler_tcp_retransmissions_total", Client));
        Assert.Equal(server.Retransmissions, scraped.Sum("netprofiler_tcp_retransmissions_total", Server));
        Assert.Equal(
            counts.Select(count => (double)count),
            new[] { Client, Server }.SelectMany(role =>
                new[] { "read", "write" }.SelectMany(direction => new[] { "calls", "bytes" }.Select(what =>
                scraped.Sum($"netprofiler_tcp_{what}_total", role, $"direction=\"{direction}\"")))));

        // A client's latest value is that of its answer; a server's moves with the acknowledgement, which its next call shows.
        var asked = run.Exchanges.Where(seen => !seen.IsServer).OrderBy(seen => seen.Time).SkipLast(1).ToList();
        var last = asked[^1];
        Assert.InRange(last.RoundTripMicroseconds, client.RoundTripMicroseconds * 0.9, client.RoundTripMicroseconds * 1.1);
        Assert.InRange(last.RoundTripMicroseconds, 20_000, double.MaxValue);
        var answer = run.Exchanges.Where(seen => seen.IsServer).MaxBy(seen => seen.Time)!;
        Assert.InRange(answer.RoundTripMicroseconds, server.RoundTripMicroseconds * 0.9, server.RoundTripMicroseconds * 1.1);
        Assert.Equal(client.Retransmissions, asked.Sum(seen => seen.Retransmissions));
        Assert.InRange(last.Phases.WaitMicroseconds!.Value, 20_000, double.MaxValue);

        // Calls that sent at once: some microseconds each. Of reads only where it is asked for, or cannot be helped.
        Assert.InRange(scraped.Sum("netprofiler_tcp_call_seconds_total", Client, "direction=\"write\""), counts[2] * 1e-6, 20);
        Assert.Equal(Live.TcpTellsOfSends, !scraped.Has("netprofiler_tcp_call_seconds_total", "direction=\"read\""));
        Assert.Equal(1, scraped.Sum("netprofiler_tcp_opened_total", Client));
        Assert.Equal(1, scraped.Sum("netprofiler_tcp_opened_total", Server));
        Assert.InRange(scraped.Sum("netprofiler_tcp_connect_seconds_sum", Client) * 1e6, 20_000, connecting);
        Assert.Equal(1, scraped.Sum("netprofiler_tcp_connect_seconds_count", Client));
        Assert.InRange(scraped.Sum("netprofiler_tcp_round_trip_seconds_count", Client), 1, double.MaxValue);
    }

    [SkippableFact]
    public async Task Drops_closed_windows_and_waits_are_the_kernel_s_own()
    {
        Live.Require("ip", "iptables", "python3");
        await using var place = await NetNamespace.CreateAsync();
        await using var talk = await TcpProgram.StartAsync(place, "talk", "127.0.0.1", "127.0.0.1", "80");
        int metrics = FreePort.Take();
        await using var agent = await Agent.StartAsync("--pid", $"{talk.Id}", "--time-reads", "--metrics-listen", $"127.0.0.1:{metrics}");
        await talk.AskAsync("connect");
        await place.RunAsync("iptables", "-A", "OUTPUT", "-p", "tcp", "--sport", "80", "-m", "statistic", "--mode", "random",
            "--probability", "0.15", "-j", "DROP");
        await talk.AskAsync("exchange 10 6000000 0");
        await place.RunAsync("iptables", "-I", "OUTPUT", "-j", "ACCEPT"); // before the look at the rule: nothing comes to it any more
        long dropped = (await place.RunAsync("iptables", "-vxnL", "OUTPUT")).Where(line => line.Contains("DROP", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture)).Single();
        await place.RunAsync("iptables", "-F", "OUTPUT");
        await talk.AskAsync("exchange 10 10 0");
        await Task.Delay(1200);
        var before = await Scraped.OfAsync(metrics);

        await talk.AskAsync("exchange 10 20000000 700"); // more than all buffers hold, and nobody reads
        await talk.AskAsync("exchange 10 10 0");
        await Task.Delay(1200);
        var after = await Scraped.OfAsync(metrics);
        long retransmitted = await place.CounterAsync("snmp", "Tcp", "RetransSegs");
        long closed = await place.CounterAsync("netstat", "TcpExt", "TCPToZeroWindowAdv");
        string server = (await place.RunAsync("ss", "-tinHO", "state", "established"))
            .Single(line => Regex.IsMatch(line, @"\s127\.0\.0\.1:80\s+127\."));
        var (windowWait, bufferWait) = (Seconds(server, "rwnd_limited"), Seconds(server, "sndbuf_limited"));

        await place.RunAsync("iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", "80", "-j", "DROP");
        Assert.Equal("110", await talk.AskAsync("timeout"));
        await Task.Delay(1200);
        var last = await Scraped.OfAsync(metrics);
        await agent.StopAsync();

        Assert.True(dropped > 0, "nothing was dropped");
        Assert.Equal(dropped, before.Sum("netprofiler_tcp_drops_total", Server, "reason=\"netfilter_drop\""));
        Assert.Equal(dropped, before.Sum("netprofiler_tcp_drops_total", "reason=\"netfilter_drop\"")); // TCP drops what came twice, too
        Assert.Equal(retransmitted, after.Sum("netprofiler_tcp_retransmissions_total"));
        Assert.True(closed > 0, "no window was closed");
        // While a call holds the sender's socket, the kernel merges acknowledgements in its backlog (tcp_add_backlog, Linux 5.0): only the
        // receiver sees a window that closed and opened between two of them.
        Assert.InRange(after.Sum("netprofiler_tcp_zero_windows_total", Server), double.Max(1, closed - (closed / 4)), closed);
        Assert.True(windowWait + bufferWait > 0.2, "sending never waited");
        // ss shows whole milliseconds
        Assert.Equal(windowWait, after.Sum("netprofiler_tcp_peer_window_wait_seconds_total", Server), 0.0011);
        Assert.Equal(bufferWait, after.Sum("netprofiler_tcp_send_buffer_wait_seconds_total", Server), 0.0011);
        Assert.InRange(after.Sum("netprofiler_tcp_call_seconds_total", Server, "direction=\"write\""), 0.6, 20); // it blocked
        // it waited, which is no work
        Assert.InRange(after.Sum("netprofiler_tcp_call_seconds_total", Server, "direction=\"read\""), 1e-6, 0.5);
        Assert.Equal(1, last.Sum("netprofiler_tcp_closed_total", Client, "kind=\"timeout\""));
        Assert.Equal(0, last.Sum("netprofiler_tcp_closed_total", Client, "kind=\"fin\""));
    }

    /// <summary>Nothing but a system call says when a connection is accepted: with --time-reads they are looked at.</summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("--time-reads")]
    public async Task Connections_end_as_they_end_and_wait_to_be_accepted_as_long_as_they_do(string flag)
    {
        Live.Require();
        using var listener = new TcpListener(IPAddress.Loopback, FreePort.Take());
        listener.Start();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp); // bound, and does not listen
        int metrics = FreePort.Take(), nobody = FreePort.Take();
        taken.Bind(new IPEndPoint(IPAddress.Loopback, nobody));
        await using var agent = await Agent.StartAsync(["--port", $"{((IPEndPoint)listener.LocalEndpoint).Port}", "--port", $"{nobody}",
            "--metrics-listen", $"127.0.0.1:{metrics}", .. flag.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        // Three that end in order, the client first; two that the client gives up, one that the server does, by not reading what came.
        double least = 0, most = 0;
        for (int i = 0; i < 3; i++)
        {
            var (client, server) = Pair(i * 20);
            client.Dispose();
            server.Receive(new byte[1]);
            server.Dispose();
        }

        for (int i = 0; i < 2; i++)
        {
            var (client, server) = Pair(0);
            client.LingerState = new LingerOption(true, 0);
            client.Dispose();
            Assert.Throws<SocketException>(() => server.Receive(new byte[1]));
            server.Dispose();
        }

        {
            var (client, server) = Pair(0);
            client.Send("hello"u8);
            server.Poll(-1, SelectMode.SelectRead);
            server.Dispose();
            Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
            client.Dispose();
        }

        using (var refused = new Socket(SocketType.Stream, ProtocolType.Tcp))
            Assert.Throws<SocketException>(() => refused.Connect(IPAddress.Loopback, nobody));

        await Task.Delay(1500);
        var scraped = await Scraped.OfAsync(metrics);
        await agent.StopAsync();

        Assert.True(scraped.Sum("netprofiler_tcp_opened_total") == 12, scraped.Of("netprofiler_tcp_"));
        double Closed(string role, string kind) => scraped.Sum("netprofiler_tcp_closed_total", role, $"kind=\"{kind}\"");
        Assert.Equal((3, 2, 1), (Closed(Client, "fin"), Closed(Client, "reset_sent"), Closed(Client, "reset_received")));
        Assert.Equal((3, 1, 2), (Closed(Server, "fin"), Closed(Server, "reset_sent"), Closed(Server, "reset_received")));
        Assert.Equal((0, 0), (Closed(Client, "timeout"), Closed(Server, "timeout")));
        Assert.Equal((6, 6), (scraped.Sum("netprofiler_tcp_opened_total", Client), scraped.Sum("netprofiler_tcp_opened_total", Server)));
        Assert.Equal(6, scraped.Sum("netprofiler_tcp_connect_seconds_count", Client));
        if (flag.Length == 0) return;
        Assert.Equal(6, scraped.Sum("netprofiler_tcp_accept_wait_seconds_count", Server));
        Assert.InRange(scraped.Sum("netprofiler_tcp_accept_wait_seconds_sum", Server) * 1e6, least - 6000, most);

        (Socket Client, Socket Server) Pair(int pauseMilliseconds)
        {
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            double before = Now();
            client.Connect(listener.LocalEndpoint);
            double connected = Now();
            Thread.Sleep(pauseMilliseconds);
            double asked = Now();
            var server = listener.AcceptSocket();
            (least, most) = (least + asked - connected, most + Now() - before);
            return (client, server);
        }
    }

    private sealed record Told(long Retransmissions, double RoundTripMicroseconds);

    // The two ends of the one connection in the namespace, as ss tells of them.
    private static async Task<(Told Client, Told Server)> SocketsAsync(NetNamespace place)
    {
        var lines = await place.RunAsync("ss", "-tinHO", "state", "established");
        Told Of(string address) => lines.Where(line => Regex.IsMatch(line, $@"\s{Regex.Escape(address)}\s+\S*10\.9"))
            .Select(line => new Told(Match(line, @"retrans:\d+/(\d+)") is { Length: > 0 } text
                ? long.Parse(text, CultureInfo.InvariantCulture) : 0,
                double.Parse(Match(line, @"\srtt:([\d.]+)/"), CultureInfo.InvariantCulture) * 1000))
            .Single();
        string server = "10.9.0.1:80";
        string client = lines.Select(line => Match(line, @"\s(10\.9\.0\.1:(?!80\s)\d+)\s")).Single(found => found.Length > 0);
        return (Of(client), Of(server));
    }

    private static double Seconds(string socket, string waited) =>
        Match(socket, $@"\s{waited}:(\d+)ms") is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) / 1000 : 0;

    private static string Match(string text, string pattern) => Regex.Match(text, pattern).Groups[1].Value;

    private static double Now() => Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency;
}
