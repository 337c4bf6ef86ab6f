using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>Long bodies need not be copied.</summary>
public class SkipTests
{
    private const int BodyBytes = 5_000_000;
    private const int CallBytes = 65_536;

    [Fact]
    public void A_long_body_is_asked_about_once_in_each_direction()
    {
        string head = $"PUT /a HTTP/1.1\r\nContent-Length: {BodyBytes}\r\n\r\n", answer = ResponseHead(200, $"Content-Length: {BodyBytes}");
        using var script = Script.Server().Receives(head);
        Transfer(BodyBytes, part => script.Receives(part));
        script.Sends(answer);
        Transfer(BodyBytes, part => script.Sends(part));
        script.Receives(Get("/b")).Sends(Ok).Closes().Shows("PUT /a 200", "GET /b 200").Counts().HasGaps();

        Assert.Equal(
        [
            $"skip Ingress until {head.Length + BodyBytes}", "stop skipping Ingress",
            $"skip Egress until {answer.Length + BodyBytes}", "stop skipping Egress",
        ], script.Capture.Kernel.Told);
        Assert.Equal(2 * BodyBytes, script.Capture.Statistics.PassedBytes);
    }

    [Fact]
    public void What_follows_a_skipped_body_in_its_last_call_is_read()
    {
        using var script = Script.Server().Receives($"PUT /a HTTP/1.1\r\nContent-Length: {CallBytes}\r\n\r\n")
            .Receives(new string('x', CallBytes - 10))
            .Receives(new string('x', 10) + Get("/b")).Sends(Response(201)).Sends(Response(202)).Closes().Shows("PUT /a 201", "GET /b 202")
                .Counts().HasGaps();
        Assert.Equal(CallBytes, script.Capture.Statistics.PassedBytes);
    }

    [Fact]
    public void A_short_rest_is_not_asked_about()
    {
        using var script = Script.Server().Receives(Get()).Sends(ResponseHead(200, "Content-Length: 32767")).Sends(new string('x', 32_767))
            .Closes().Shows("GET / 200");
        Assert.Empty(script.Capture.Kernel.Told);
    }

    [Fact]
    public void A_long_chunk_is_skipped_by_itself()
    {
        string start = ResponseHead(200, "Transfer-Encoding: chunked") + "f4240\r\n";
        using var script = Script.Server().Receives(Get()).Sends(start);
        Transfer(1_000_000, part => script.Sends(part));
        script.Sends("\r\n5\r\nhello\r\n0\r\n\r\n").Closes().Shows("GET / 200").Counts().HasGaps();
        Assert.Equal([$"skip Egress until {start.Length + 1_000_000}", "stop skipping Egress"], script.Capture.Kernel.Told);
        Assert.Equal(1_000_005, script.Capture.Sink.Exchanges[0].ResponseBodyBytes);
    }

    [Fact]
    public void A_body_of_gigabytes_is_asked_about_again_and_again()
    {
        using var script = Script.Server().Receives(Get()).Sends(ResponseHead(200, "Content-Length: 3000000000"));
        for (int i = 0; i < 30; i++) script.SendsFile(100_000_000);
        script.Receives(Get("/b")).Sends(Ok).Closes().Shows("GET / 200", "GET /b 200").Counts().HasGaps();

        string[] asked = [.. script.Capture.Kernel.Told.Where(told => told.StartsWith("skip", StringComparison.Ordinal))];
        Assert.InRange(asked.Length, 3, 6);
        Assert.Equal($"skip Egress until {ResponseHead(200, "Content-Length: 3000000000").Length + 3_000_000_000}", asked[^1]);
        Assert.Equal("stop skipping Egress", script.Capture.Kernel.Told[^1]);
    }

    [Fact]
    public void A_response_until_the_close_is_skipped_as_far_as_it_goes()
    {
        using var script = Script.Server().Receives(Get()).Sends("HTTP/1.0 200 OK\r\n\r\n");
        Transfer(BodyBytes, part => script.Sends(part));
        script.Ends(Direction.Egress).Closes().Shows("GET / 200").Counts().HasGaps();
        Assert.Equal(BodyBytes, script.Capture.Sink.Exchanges[0].ResponseBodyBytes);
        Assert.Equal(2, script.Capture.Kernel.Told.Count);
    }

    [Fact]
    public void A_gap_takes_the_skip_back()
    {
        using var script = Script.Server().Receives(Get()).Sends(ResponseHead(200, "Transfer-Encoding: chunked") + "f4240\r\n")
            .Loses().Sends(new string('x', 1_000_010)).Sends("more").Closes();
        Assert.Equal("stop skipping Egress", script.Capture.Kernel.Told[^1]);
    }

    private static void Transfer(int bytes, Action<string> call)
    {
        for (int moved = 0; moved < bytes; moved += CallBytes) call(new string('x', int.Min(CallBytes, bytes - moved)));
    }
}
