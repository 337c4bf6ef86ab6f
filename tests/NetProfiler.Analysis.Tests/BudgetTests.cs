using System.Diagnostics;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Analysis.Tests;

/// <summary>What peers can make the profiler hold, and how long it takes.</summary>
[Collection(AloneCollection.Name)]
public class BudgetTests(ITestOutputHelper output)
{
    private const long MaxManagedBytes = 160L * 1024 * 1024;

    [Fact]
    public void Eight_thousand_unfinished_heads_are_held_within_the_budget()
    {
        using var capture = new Capture();
        string head = "GET /a HTTP/1.1\r\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"X{i}: {new string('x', 1000)}\r\n"));
        for (ulong id = 1; id <= 8_000; id++)
        {
            Open(capture, id);
            Tell(capture, id, Direction.Ingress, 0, head);
        }

        Held();
        Assert.True(capture.Statistics.ConnectionsGivenUp > 6_000);
    }

    [Fact]
    public void Requests_that_nobody_answers_are_held_within_the_budget_and_each_is_counted()
    {
        using var capture = new Capture();
        string request = "GET /a HTTP/1.1\r\nHost: a\r\n"
            + string.Concat(Enumerable.Range(0, 60).Select(i => $"X{i}: {new string('x', 1000)}\r\n")) + "\r\n";
        for (ulong id = 1; id <= 15; id++)
        {
            Open(capture, id);
            for (int i = 0; i < 1_000; i++) Tell(capture, id, Direction.Ingress, (uint)(i * request.Length), request);
        }

        Held();
        Assert.True(capture.Statistics.ConnectionsGivenUp > 0);
        capture.Finish();
        Assert.Equal(15_000, capture.Statistics.UnpairedTotal);
        Assert.True(capture.Statistics.Unpaired(UnpairedReason.HeldTooMuch) > 10_000);
    }

    [Fact]
    public void Ten_million_requests_in_a_pipeline_are_each_reported_or_counted()
    {
        const int requests = 10_000_000, batch = 1_000;
        using var script = Script.Server();
        string many = string.Concat(Enumerable.Repeat("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", batch)),
            answers = string.Concat(Enumerable.Repeat(Http.Ok, 10));
        var time = Stopwatch.StartNew();
        for (int i = 0; i < requests / batch; i++)
        {
            script.Receives(many);
            script.Sends(answers);
        }

        script.Closes();
        output.WriteLine($"{time.Elapsed.TotalSeconds:F1} s");
        Assert.Equal(requests, script.Capture.Sink.Exchanges.Count
            + script.Capture.Statistics.UnpairedTotal - script.Capture.Statistics.Unpaired(UnpairedReason.ResponseWithoutRequest));
        Assert.True(script.Capture.Sink.Exchanges.Count >= 1_024);
    }

    [Fact]
    public void A_head_in_tiny_pieces_costs_what_its_bytes_cost()
    {
        const int total = 16_000_000, piece = 5;
        byte[] head = Encoding.ASCII.GetBytes("GET /a HTTP/1.1\r\nHost: a\r\n"
            + string.Concat(Enumerable.Range(0, 5_200).Select(i => "X: abcde\r\n")) + "\r\n");
        using var capture = new Capture();
        var time = Stopwatch.StartNew();
        for (ulong id = 1; id * (ulong)head.Length < total; id++)
        {
            Open(capture, id);
            for (int at = 0; at < head.Length; at += piece)
                Tell(capture, id, Direction.Ingress, (uint)at, head.AsSpan(at, int.Min(piece, head.Length - at)));
            Tell(capture, id, Direction.Egress, 0, Encoding.ASCII.GetBytes(Http.Ok));
        }

        output.WriteLine($"{time.Elapsed.TotalMilliseconds:F0} ms");
        Assert.Equal(total / head.Length, capture.Sink.Exchanges.Count);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(5), $"{time.Elapsed}"); // a parse of each piece's head anew takes minutes
    }

    private void Held()
    {
        long held = GC.GetTotalMemory(forceFullCollection: true);
        output.WriteLine($"{held >> 20} MiB");
        Assert.InRange(held, 0, MaxManagedBytes);
    }

    private static void Open(Capture capture, ulong id) =>
        capture.Open(id, 1, "server", Script.Address(1, 80), Script.Address(2, (ushort)id), isFromStart: true);

    private static void Tell(Capture capture, ulong id, Direction direction, uint position, string text) =>
        Tell(capture, id, direction, position, Encoding.ASCII.GetBytes(text));

    private static void Tell(Capture capture, ulong id, Direction direction, uint position, ReadOnlySpan<byte> bytes) =>
        capture.Pipeline.OnData(new SocketData
    {
        Connection = id, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
        TimeNanoseconds = 1, StartNanoseconds = 0, Position = position, Length = (uint)bytes.Length, Offset = 0, Bytes = bytes,
    });
}
