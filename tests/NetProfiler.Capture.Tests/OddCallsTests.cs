using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Capture.Tests;

/// <summary>Every way to move bytes through a socket shows the same exchanges, on both ends and through every door.</summary>
public abstract class OddCallsTests(CaptureDoor door, OddCalls program, ITestOutputHelper output)
{
    protected OddCalls Program => program;

    private CaptureSession Session => program.SessionOf(door);

    public static TheoryData<string, string[]> Scenarios => new()
    {
        { "plain", ["GET /a 200"] },
        { "parts", ["POST /a 200"] },
        { "bytes", ["POST /a 200"] },
        { "partial_writes", ["GET /a 200", "GET /b 201"] },
        { "vectors", ["POST /a 200"] },
        { "many_vectors", ["GET /a 200", "GET /b 201"] },
        { "messages", ["POST /a 200"] },
        { "messages_3", ["POST /a 200", "GET /b 201"] },
        { "peeks", ["POST /a 200"] },
        { "dups", ["GET /a 200", "GET /b 201"] },
        { "nonblocking", ["GET /a 200"] },
        { "sends_file", ["GET /a 200", "GET /b 201"] },
        { "splices", ["POST /a 200", "GET /b 201"] },
        { "positioned", ["POST /a 200"] },
        { "waits_for_all", ["GET /a 200"] },
        { "passes", ["GET /a 200"] },
        { "forks", ["GET /a 200", "GET /b 201"] },
        { "half_closed", ["POST /a 200"] },
        { "half_answered", ["POST /a 200"] },
        { "ends_with_data", ["GET /a 200", "GET /b 200"] },
        { "execs", ["GET /a 200"] },
    };

    [SkippableTheory]
    [MemberData(nameof(Scenarios))]
    public void Exchanges_are_exact(string scenario, string[] exchanges) => AssertExact(null, scenario, exchanges);

    [SkippableTheory]
    [InlineData("plain", "GET /a 200")]
    [InlineData("parts", "POST /a 200")]
    [InlineData("bytes", "POST /a 200")]
    [InlineData("vectors", "POST /a 200")]
    [InlineData("messages", "POST /a 200")]
    [InlineData("peeks", "POST /a 200")]
    [InlineData("dups", "GET /a 200", "GET /b 201")]
    [InlineData("waits_for_all", "GET /a 200")]
    [InlineData("passes", "GET /a 200")]
    [InlineData("forks", "GET /a 200", "GET /b 201")]
    [InlineData("half_closed", "POST /a 200")]
    [InlineData("ends_with_data", "GET /a 200", "GET /b 200")]
    public void Exchanges_are_exact_by_MPTCP_too(string scenario, params string[] exchanges)
    {
        Skip.IfNot(File.Exists("/proc/sys/net/mptcp/enabled"), "needs MPTCP");
        AssertExact(null, scenario, exchanges, "mptcp");
    }

    [SkippableFact]
    public void Both_ends_count_the_same_bytes()
    {
        using var capture = Play("sends_file");
        Assert.Equal(["GET /a 200: 34 (0) -> 100043 (100000)", "GET /b 201: 34 (0) -> 43 (0)"],
            capture.Exchanges.Where(exchange => exchange.Role == EndpointRole.Server).Select(exchange => exchange.Content));
        Assert.Equal(["GET /a 200: 34 (0) -> 100043 (100000)", "GET /b 201: 34 (0) -> 43 (0)"],
            capture.Exchanges.Where(exchange => exchange.Role == EndpointRole.Client).Select(exchange => exchange.Content));
        Assert.True(capture.Counted(Counter.LengthOnlyBytes) + capture.Counted(Counter.SkippedBytes) >= 100_000);
    }

    [SkippableFact]
    public void A_body_thrown_away_with_MSG_TRUNC_is_a_body_received()
    {
        using var capture = Play("discards");
        Assert.Equal(["GET /a 200", "GET /b 201"], capture.Of(EndpointRole.Client));
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void A_reset_within_a_response_leaves_it_incomplete_on_both_ends()
    {
        using var capture = Play("resets");
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Client));
        Assert.Equal(["ResponseIncomplete 2"], capture.Lost);
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public void A_worker_killed_within_its_response_leaves_it_incomplete_on_both_ends(string family)
    {
        using var capture = Play("killed", family);
        Assert.Empty(capture.Exchanges);
        Assert.Equal(["ResponseIncomplete 2"], capture.Lost);
    }

    /// <summary>TCP is closed for the kernel when both ends have said so, even if the program has not read everything yet.</summary>
    [SkippableTheory]
    [InlineData("half_closed_late", "POST /a 200")]
    [InlineData("reset_late", "GET /a 200")]
    public void A_response_read_after_the_connections_end_counts(string scenario, string exchange)
    {
        using var capture = Play(scenario);
        Assert.Equal([exchange], capture.Of(EndpointRole.Server));
        Assert.Equal([exchange], capture.Of(EndpointRole.Client));
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void Of_another_protocol_nothing_is_lost()
    {
        using var capture = Play("other_protocol_late");
        Assert.Empty(capture.Exchanges);
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void The_end_seen_by_recvmsg_is_an_end()
    {
        program.SkipUnlessReady(door);
        using var capture = new LiveCapture(Session);
        using var worker = Tool.Start(program.Path, "ends_in_recvmsg"); // stays after the end, with its socket
        bool isSeen = capture.Until(() => capture.Of(EndpointRole.Client).Any());
        worker.Kill();
        worker.WaitForExit();
        capture.Settle();
        Assert.True(isSeen);
    }

    protected void AssertExact(CaptureSession? session, string scenario, string[] exchanges, params string[] families)
    {
        foreach (string family in families.Length > 0 ? families : ["tcp", "unix"])
        {
            using var capture = Play(scenario, family, session);
            string seen = $"{family}: {string.Join(", ", capture.Exchanges.Select(exchange => exchange.Content))}; lost: "
                + $"{string.Join(", ", capture.Lost)}";
            Assert.True(exchanges.SequenceEqual(capture.Of(EndpointRole.Server))
                && exchanges.SequenceEqual(capture.Of(EndpointRole.Client)), seen);
            Assert.True(!capture.Lost.Any(), seen);
            Assert.All(capture.Exchanges, exchange =>
                Assert.True(exchange.Duration > 0 && exchange.FirstByte > 0 && exchange.FirstByte <= exchange.Duration, seen));
            Assert.True(capture.Pipeline.Connections == 0, $"{family}: {capture.Pipeline.Connections} connections left");
        }
    }

    private protected LiveCapture Play(string scenario, string family = "tcp", CaptureSession? session = null)
    {
        program.SkipUnlessReady(door);
        var capture = new LiveCapture(session ?? Session);
        Tool.Run(program.Path, scenario, family);
        capture.Settle();
        output.WriteLine($"{scenario} {family}: "
            + $"{string.Join(", ", capture.Exchanges.Select(exchange => $"{exchange.Role} {exchange.Content}"))}; lost: "
            + $"{string.Join(", ", capture.Lost)}");
        return capture;
    }
}

[Collection("live")]
public sealed class OddCallsBySystemCallsTests(OddCalls program, ITestOutputHelper output)
    : OddCallsTests(CaptureDoor.SystemCalls, program, output)
{
    /// <summary>The other way in, for kernels whose raw tracepoints can be preempted; it needs tracefs.</summary>
    [SkippableFact]
    public void Exchanges_are_exact_by_trace_events_too()
    {
        Skip.If(Program.Reason is not null, Program.Reason);
        Skip.IfNot(KernelTypes.AreTyped, "needs kernel 6.2");
        using var files = new TraceFiles();
        var options = new CaptureOptions();
        using var session = CaptureSession.Start(new CaptureTargets { Names = [Program.Name] }, options,
            KernelPrograms.OfCalls(CallHooks.TraceEvents, options));
        foreach (object[] row in Scenarios) AssertExact(session, (string)row[0], (string[])row[1]);
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public void More_messages_than_16_are_a_gap_with_a_reason(string family)
    {
        using var capture = Play("messages_20", family);
        Assert.Empty(capture.Exchanges);
        Assert.Contains("Unproven 2", capture.Lost); // the first exchange after a loss, on both ends
        if (family == "unix") return;
        Assert.Equal(2, capture.Counted(Counter.LostSegments));
        Assert.Contains(capture.Lost, lost => lost.StartsWith("Segments ", StringComparison.Ordinal));
    }
}

[Collection("live")]
public sealed class OddCallsByRegistersTests(OddCalls program, ITestOutputHelper output)
    : OddCallsTests(CaptureDoor.Registers, program, output)
{
    [SkippableFact]
    public void Every_message_of_a_call_is_seen() => AssertExact(null, "messages_20", ["POST /a 200", "GET /b 201"]);
}

[Collection("live")]
public sealed class OddCallsByIteratorTests(OddCalls program, ITestOutputHelper output)
    : OddCallsTests(CaptureDoor.Iterator, program, output)
{
    [SkippableFact]
    public void Every_message_of_a_call_is_seen() => AssertExact(null, "messages_20", ["POST /a 200", "GET /b 201"]);
}
