using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Times against readings of the same clock just before and just after each call: bounds that no scheduler can break.</summary>
[Collection(LiveCollection.Name)]
public sealed class DurationTests
{
    private const int Exchanges = 200;

    [SkippableFact]
    public async Task Times_lie_between_the_program_s_own_readings_of_the_clock()
    {
        Live.Require();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);

        var server = new Bounds[Exchanges];
        var client = new Bounds[Exchanges];
        var wall = new (DateTimeOffset From, DateTimeOffset To)[Exchanges];
        using (var asking = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            asking.Connect(listener.LocalEndpoint);
            using var answering = listener.AcceptSocket();
            answering.NoDelay = true;
            for (int i = 0; i < Exchanges; i++)
            {
                var from = DateTimeOffset.UtcNow;
                (server[i], client[i]) = Exchange(asking, answering, i);
                wall[i] = (from, DateTimeOffset.UtcNow);
            }
        }

        var run = await agent.StopAsync();
        run.AssertNothingLost();
        AssertWithin(server, wall, run.Exchanges.Where(seen => seen.IsServer), "server");
        AssertWithin(client, wall, run.Exchanges.Where(seen => !seen.IsServer), "client");
    }

    /// <summary>
    /// Where TCP tells when sending begins (Linux 6.16), the beginning of other calls is looked at from the first exchange on a unix socket
    /// on: a known limit.
    /// </summary>
    [SkippableFact]
    public async Task On_a_unix_socket_a_client_s_exchange_begins_with_its_first_write_but_the_very_first_may_not()
    {
        Live.Require();
        const int heldUp = 300_000;
        using var folder = new TemporaryFolder();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder.File("s")));
        listener.Listen();
        await using var agent = await Agent.StartAsync("--pid", $"{Environment.ProcessId}");
        using (var asking = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            asking.Connect(listener.LocalEndPoint!);
            using var answering = listener.Accept();
            for (int i = 0; i < 2; i++)
            {
                HeldUp(asking, answering, i, TimeSpan.FromMicroseconds(heldUp));
                await Task.Delay(500);
            }
        }

        var run = await agent.StopAsync();
        var seen = run.Exchanges.Where(one => !one.IsServer).OrderBy(one => one.Target, StringComparer.Ordinal).ToList();
        Assert.Equal(["/0", "/1"], seen.Select(one => one.Target));
        Assert.Equal(Live.TcpTellsOfSends, seen[0].DurationMicroseconds < heldUp);
        Assert.InRange(seen[1].DurationMicroseconds, heldUp, 20 * heldUp);
    }

    // A request in one call, of more than the buffer holds: the call returns when somebody reads.
    private static void HeldUp(Socket asking, Socket answering, int i, TimeSpan pause)
    {
        byte[] body = new byte[4_000_000], buffer = new byte[100_000];
        byte[] request = [.. Encoding.ASCII.GetBytes($"POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
        var writing = new Thread(() => asking.Send(request));
        writing.Start();
        Thread.Sleep(pause);
        for (int rest = request.Length; rest > 0;) rest -= answering.Receive(buffer);
        writing.Join();
        answering.Send("HTTP/1.1 204 No Content\r\n\r\n"u8);
        asking.Receive(buffer);
    }

    private sealed record Bounds(double Shortest, double Longest, double ShortestToFirstByte, double LongestToFirstByte);

    // A request in two calls, an answer in two calls, with pauses between, from one thread: what happens when is certain.
    private static (Bounds Server, Bounds Client) Exchange(Socket asking, Socket answering, int i)
    {
        byte[] buffer = new byte[1000];
        double c0 = Now();
        asking.Send(Encoding.ASCII.GetBytes($"POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"));
        double c1 = Now();
        Thread.Sleep(i % 3);
        double s0 = Now();
        answering.Receive(buffer);
        double s1 = Now();
        asking.Send("12345"u8);
        answering.Receive(buffer);
        Thread.Sleep(i % 5);
        double s2 = Now();
        answering.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"u8);
        double s3 = Now();
        asking.Receive(buffer);
        double c2 = Now();
        Thread.Sleep(i % 4);
        double s4 = Now();
        answering.Send("cde"u8);
        double s5 = Now();
        asking.Receive(buffer);
        double c3 = Now();
        return (new Bounds(s4 - s1, s5 - s0, s2 - s1, s3 - s0), new Bounds(s5 - c1, c3 - c0, s3 - c1, c2 - c0));
    }

    private static void AssertWithin(Bounds[] bounds, (DateTimeOffset From, DateTimeOffset To)[] wall, IEnumerable<Seen> seen, string role)
    {
        var clocksApart = TimeSpan.FromMilliseconds(5);
        var found = seen.OrderBy(one => int.Parse(one.Target.AsSpan(1))).ToList();
        Assert.Equal(Exchanges, found.Count);
        var outside = found.Zip(bounds, wall).Where(one =>
                !IsWithin(one.First.DurationMicroseconds, one.Second.Shortest, one.Second.Longest) ||
                !IsWithin(one.First.TimeToFirstByteMicroseconds, one.Second.ShortestToFirstByte, one.Second.LongestToFirstByte) ||
                one.First.Time < one.Third.From - clocksApart || one.First.Time > one.Third.To + clocksApart)
            .Select(one => $"{one.First.Time:O} {one.First.DurationMicroseconds} {one.First.TimeToFirstByteMicroseconds} us: "
                + $"{one.Second} {one.Third}").ToList();
        Assert.True(outside.Count == 0, $"{role}: {outside.Count} of {Exchanges} are outside:\n{string.Join('\n', outside.Take(20))}");
    }

    // Whole microseconds, cut.
    private static bool IsWithin(long microseconds, double shortest, double longest) =>
        microseconds > shortest - 1 && microseconds <= longest;

    private static double Now() => Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency;
}
