using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>
/// Each pause of a conversation shows in its own phase and in no other. The bounds are readings of the clock around each call, widened
/// by a millisecond where a segment is on its way, so that no scheduler can break them.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class PhaseTests
{
    private const int PauseMilliseconds = 25;
    private const double OnItsWay = 1000;

    /// <summary>Where the program pauses.</summary>
    private enum Pause
    {
        None,
        BeforeAccept,
        WithinRequest,
        BeforeServerReads,
        BeforeAnswer,
        WithinAnswer,
        BeforeClientReads,
        WithinClientsReading,
    }

    private sealed record Bound(double Least, double Most)
    {
        // Whole microseconds, cut.
        public bool Holds(long? microseconds) => microseconds > Least - 1 && microseconds <= Most + 1;
    }

    private sealed record Expected(Pause Pause, Bound ServerQueue, Bound ServerReceive, Bound Application, Bound Write, Bound Send,
        Bound Wait, Bound ClientQueue, Bound ClientReceive);

    [SkippableFact]
    public async Task Each_pause_shows_in_its_own_phase_alone()
    {
        Live.Require();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);
        Pause[] pauses = [.. Enumerable.Repeat(Enum.GetValues<Pause>(), 10).SelectMany(all => all)];
        var expected = pauses.Select((pause, i) =>
            Converse(listener, pause, i, isFirst: true).Concat(Converse(null, pause, i, isFirst: false))).SelectMany(both => both).ToList();
        var run = await agent.StopAsync();
        run.AssertNothingLost();

        AssertAll(expected, run.Exchanges);
    }

    /// <summary>Segments of strangers are not looked at; those of who becomes a target are, from its first call on.</summary>
    [SkippableFact]
    public async Task Who_becomes_a_target_is_no_stranger_any_more()
    {
        Live.Require("bash");
        using var folder = new TemporaryFolder();
        File.Copy(Live.PathOf("bash"), folder.File("later"));
        using var listener = new TcpListener(IPAddress.Loopback, FreePort.Take());
        listener.Start();
        await using var agent = await Agent.StartAsync("--comm", "later");
        const string script = """
            ask() { printf 'GET /%s HTTP/1.1\r\nHost: a\r\n\r\n' "$1" >&3; read -r -u 3 line; read -r -u 3 line; }
            export -f ask
            exec 3<>/dev/tcp/127.0.0.1/$0
            ask 0; ask 1
            exec "$1" -c 'ask 2; sleep 2; ask 3'
            """;
        await using var asking = ChildProcess.Start(Live.PathOf("bash"),
            ["-c", script, $"{((IPEndPoint)listener.LocalEndpoint).Port}", folder.File("later")]);
        using (var answering = await listener.AcceptSocketAsync())
        {
            // bash writes each line of a request by itself: one answer to each whole request, or answers run ahead of requests. On this
            // thread: one that is waited for in the pool may answer a second late, and a silence is eight times as long as the longest
            // answer.
            byte[] buffer = new byte[1000];
            int held = 0;
            while (answering.Receive(buffer.AsSpan(held)) is > 0 and var received)
            {
                held += received;
                if (!buffer.AsSpan(0, held).EndsWith("\r\n\r\n"u8)) continue;
                held = 0;
                Thread.Sleep(PauseMilliseconds);
                answering.Send("HTTP/1.1 204 No Content\r\n\r\n"u8);
            }
        }

        var run = await agent.StopAsync();
        var seen = Assert.Single(run.Exchanges);
        Assert.Equal(("client", "/3"), (seen.Role, seen.Target)); // the first one on a connection that was joined is not shown
        Assert.NotNull(seen.Phases.QueueMicroseconds);
        Assert.InRange(seen.Phases.WaitMicroseconds!.Value, PauseMilliseconds * 1000 - OnItsWay, seen.DurationMicroseconds);
    }

    [SkippableFact]
    public async Task What_lay_unread_behind_more_than_is_remembered_and_what_came_after_our_FIN_is_not_told()
    {
        Live.Require();
        using var listener = FreePort.Listen();
        await using var agent = await Agent.StartAtAsync(listener);
        byte[] buffer = new byte[1000];
        double[] sent = new double[9], read = new double[9];
        using (var asking = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            asking.Connect(listener.LocalEndpoint);
            using var answering = listener.AcceptSocket();
            answering.NoDelay = true;
            void Ask(int i)
            {
                asking.Send(Encoding.ASCII.GetBytes($"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n"));
                sent[i] = Now();
                Thread.Sleep(5);
            }

            void Answer(int i)
            {
                Assert.Equal(28, answering.Receive(buffer, 28, SocketFlags.None));
                read[i] = Now();
                answering.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8);
                Thread.Sleep(2);
            }

            for (int i = 0; i < 7; i++) Ask(i);
            for (int i = 0; i < 7; i++) Answer(i);
            for (int got = 0; got < 7 * 38; got += asking.Receive(buffer)) { }
            Ask(7);
            Answer(7);
            asking.Receive(buffer);
            asking.Send("GET /8 HTTP/1.1\r\nHost: a\r\n\r\n"u8);
            asking.Shutdown(SocketShutdown.Send);
            Answer(8);
            asking.Receive(buffer);
        }

        var run = await agent.StopAsync();
        run.AssertNothingLost();
        var server = run.Exchanges.Where(seen => seen.IsServer).OrderBy(seen => seen.Target)
            .Select(seen => seen.Phases.QueueMicroseconds).ToList();
        var client = run.Exchanges.Where(seen => !seen.IsServer).OrderBy(seen => seen.Target)
            .Select(seen => seen.Phases.QueueMicroseconds).ToList();
        Assert.Equal([true, true, true, false, false, false, false, true, true], server.Select(queue => queue is not null));
        foreach (int i in new[] { 0, 1, 2, 7 }) Assert.InRange(server[i]!.Value, read[i] - sent[i] - 1000, read[i] - sent[i] + 1000);
        Assert.NotNull(client[7]);
        Assert.Null(client[8]);
    }

    private Socket? _asking;
    private Socket? _answering;

    // Two exchanges a connection: the first begins before accept, the second does not. One thread: what happens when is certain.
    private IEnumerable<Expected> Converse(TcpListener? listener, Pause pause, int i, bool isFirst)
    {
        byte[] buffer = new byte[1000];
        string target = isFirst ? $"/{i}/first" : $"/{i}/second";
        byte[] request = Encoding.ASCII.GetBytes($"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345");
        void PauseIf(Pause here)
        {
            if (here == pause) Thread.Sleep(PauseMilliseconds);
        }

        if (listener is not null)
        {
            _asking = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _asking.Connect(listener.LocalEndpoint);
        }

        double c0 = Now();
        _asking!.Send(request.AsSpan()[..^2]);
        double c1 = Now();
        if (listener is not null)
        {
            PauseIf(Pause.BeforeAccept);
            _answering = listener.AcceptSocket();
            _answering.NoDelay = true;
        }

        PauseIf(Pause.BeforeServerReads);
        double s0 = Now();
        Assert.Equal(request.Length - 2, _answering!.Receive(buffer));
        double s1 = Now();
        PauseIf(Pause.WithinRequest);
        double c2 = Now();
        _asking.Send(request.AsSpan()[^2..]);
        double c3 = Now();
        double s2 = Now();
        Assert.Equal(2, _answering.Receive(buffer));
        double s3 = Now();
        PauseIf(Pause.BeforeAnswer);
        double s4 = Now();
        _answering.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"u8);
        double s5 = Now();
        PauseIf(Pause.WithinAnswer);
        double s6 = Now();
        if (pause != Pause.WithinClientsReading) _answering.Send("cde"u8);
        double s7 = Now();
        PauseIf(Pause.BeforeClientReads);
        double r0 = Now();
        int got = _asking.Receive(buffer);
        double r1 = Now();
        PauseIf(Pause.WithinClientsReading);
        double r2 = Now();
        if (pause == Pause.WithinClientsReading)
        {
            s6 = Now();
            _answering.Send("cde"u8);
            s7 = Now();
        }

        double r3 = r1;
        if (got < "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde".Length)
        {
            _asking.Receive(buffer);
            r3 = Now();
        }
        else
        {
            (r2, r3) = (r0, r1); // all of it in one call
        }

        yield return new Expected(
            pause,
            ServerQueue: new(s0 - c1 - OnItsWay, s1 - c0),
            ServerReceive: new(s2 - s1, s3 - s0),
            Application: new(s4 - s3, s5 - s2),
            Write: new(s6 - s5, s7 - s4),
            Send: new(c2 - c1, c3 - c0),
            Wait: new(s4 - c3, s5 - c2 + OnItsWay),
            ClientQueue: new(r0 - s5 - OnItsWay, r1 - s4),
            ClientReceive: new(double.Max(0, r2 - r1), r3 - r0));
        if (isFirst) yield break;
        _asking.Dispose();
        _answering.Dispose();
    }

    private static void AssertAll(List<Expected> expected, IReadOnlyList<Seen> seen)
    {
        var server = seen.Where(one => one.IsServer).OrderBy(Number).ToList();
        var client = seen.Where(one => !one.IsServer).OrderBy(Number).ToList();
        Assert.Equal(expected.Count, server.Count);
        Assert.Equal(expected.Count, client.Count);
        var faults = new List<string>();
        for (int i = 0; i < expected.Count; i++)
        {
            var (want, here, there) = (expected[i], server[i].Phases, client[i].Phases);
            void Check(string name, Bound bound, long? microseconds)
            {
                if (!bound.Holds(microseconds))
                    faults.Add($"{want.Pause}: {name} {microseconds} us, not within {bound.Least:F0} and {bound.Most:F0}");
            }

            Check("server queue", want.ServerQueue, here.QueueMicroseconds);
            Check("server receive", want.ServerReceive, here.ReceiveMicroseconds);
            Check("application", want.Application, here.ApplicationMicroseconds);
            Check("write", want.Write, here.WriteMicroseconds);
            Check("send", want.Send, there.SendMicroseconds);
            Check("wait", want.Wait, there.WaitMicroseconds);
            Check("client queue", want.ClientQueue, there.QueueMicroseconds);
            Check("client receive", want.ClientReceive, there.ReceiveMicroseconds);
            if (here.ReceiveMicroseconds + here.ApplicationMicroseconds + here.WriteMicroseconds != server[i].DurationMicroseconds)
                faults.Add($"the server's sum is not {server[i].DurationMicroseconds} us: {here}");
            if (there.SendMicroseconds + there.WaitMicroseconds + there.QueueMicroseconds
                + there.ReceiveMicroseconds != client[i].DurationMicroseconds)
                faults.Add($"the client's sum is not {client[i].DurationMicroseconds} us: {there}");
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of {expected.Count * 8}:\n{string.Join('\n', faults.Take(30))}");
    }

    private static (int, bool) Number(Seen seen) =>
        (int.Parse(seen.Target.Split('/')[1]), seen.Target.EndsWith("second", StringComparison.Ordinal));

    private static double Now() => Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency;
}
