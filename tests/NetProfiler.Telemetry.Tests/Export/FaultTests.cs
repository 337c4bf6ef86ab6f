using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>Collectors that are down, slow, or refuse.</summary>
public class FaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly ExportLimits Quick = new()
    {
        BatchDelay = TimeSpan.FromMilliseconds(10),
        SendTimeout = TimeSpan.FromMilliseconds(500),
        Retry = new RetrySchedule(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)),
    };

    public static TheoryData<string> Collectors => ["zipkin", "skywalking", "otlp-http", "otlp-grpc"];

    [Fact]
    public void Retries_back_off_with_jitter_up_to_the_longest_wait_and_end_with_age()
    {
        var schedule = new RetrySchedule(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));
        double?[] latest = [.. Enumerable.Range(1, 8)
            .Select(failures => schedule.NextDelay(failures, TimeSpan.Zero, null, jitter: 1)?.TotalSeconds)];
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], latest);
        Assert.Equal(0.5, schedule.NextDelay(1, TimeSpan.Zero, null, jitter: 0)!.Value.TotalSeconds);
        Assert.Equal(30, schedule.NextDelay(int.MaxValue, TimeSpan.Zero, null, jitter: 1)!.Value.TotalSeconds);
        Assert.Equal(60, schedule.NextDelay(1, TimeSpan.Zero, TimeSpan.FromMinutes(1), jitter: 0)!.Value.TotalSeconds);
        Assert.Equal(16, schedule.NextDelay(5, TimeSpan.Zero, TimeSpan.FromSeconds(1), jitter: 1)!.Value.TotalSeconds);
        Assert.Equal(RetrySchedule.MaxRetryAfter, schedule.NextDelay(1, TimeSpan.Zero, TimeSpan.FromDays(1), jitter: 0));
        Assert.Null(schedule.NextDelay(3, TimeSpan.FromMinutes(4.99), null, jitter: 1));
    }

    [Theory]
    [MemberData(nameof(Collectors))]
    public async Task A_collector_that_was_down_gets_everything_once_it_is_up(string kind)
    {
        int port;
        await using (var gone = await StartAsync(kind)) port = gone.Port;

        await using var exporter = Exporter(kind, port, Quick);
        for (int i = 0; i < 300; i++) exporter.Offer(Samples.Shown(Samples.Sw8, id: (ulong)i + 1));
        await UntilAsync(() => exporter.Counts.Retried > 0);
        Assert.Equal((300, 0, 300), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Counts.Queued));
        Assert.NotNull(exporter.LastFailure);

        await using var collector = await StartAsync(kind, port);
        await UntilAsync(() => exporter.Counts.Sent == 300);
        Assert.Equal((0, 0, 0), (exporter.Counts.Queued, exporter.Counts.QueuedBytes, exporter.Counts.Dropped));
    }

    [Theory]
    [MemberData(nameof(Collectors))]
    public async Task A_reset_in_mid_stream_costs_nothing(string kind)
    {
        await using var collector = await StartAsync(kind);
        int calls = 0;
        collector.OnRequest = async (context, _) =>
        {
            if (Interlocked.Increment(ref calls) % 2 == 0) return false;
            if (calls % 3 == 0) await context.Response.Body.WriteAsync(new byte[1]);
            context.Abort();
            return true;
        };
        await using var exporter = Exporter(kind, collector.Port, Quick with { MaxBatchSamples = 10 });
        for (int i = 0; i < 50; i++) exporter.Offer(Samples.Shown(Samples.Sw8));
        await exporter.DrainAsync(Patience);
        Assert.Equal((50, 50, 0), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Counts.Dropped));
        Assert.True(exporter.Counts.Retried >= 50);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Retry_after_is_waited_for(int status)
    {
        await using var collector = await StartAsync("zipkin");
        long refused = 0, taken = 0;
        collector.OnRequest = (context, _) =>
        {
            if (Interlocked.CompareExchange(ref refused, Stopwatch.GetTimestamp(), 0) != 0)
            {
                taken = Stopwatch.GetTimestamp();
                return Task.FromResult(false);
            }

            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "1";
            return Task.FromResult(true);
        };
        await using var exporter = Exporter("zipkin", collector.Port, Quick);
        exporter.Offer(Samples.Shown());
        await exporter.DrainAsync(Patience);
        Assert.Equal((1, 1), (exporter.Counts.Sent, exporter.Counts.Retried));
        Assert.InRange(Stopwatch.GetElapsedTime(refused, taken).TotalSeconds, 0.99, 15);
    }

    [Theory]
    [MemberData(nameof(Collectors))]
    public async Task A_hang_is_left_and_shutdown_is_not_held_up(string kind)
    {
        await using var collector = await StartAsync(kind);
        collector.OnRequest = async (context, _) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        await using var exporter = Exporter(kind, collector.Port, Quick);
        for (int i = 0; i < 20; i++) exporter.Offer(Samples.Shown(Samples.Sw8));
        await UntilAsync(() => exporter.Counts.Retried > 0);

        long started = Stopwatch.GetTimestamp();
        await exporter.DrainAsync(TimeSpan.FromMilliseconds(300));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.2, 5);
        Assert.Equal((20, 0, 20), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Dropped(ExportDrop.Shutdown)));
        exporter.Offer(Samples.Shown(Samples.Sw8));
        Assert.Equal((21, 21, 0), (exporter.Counts.Offered, exporter.Counts.Dropped, exporter.Counts.Queued));
    }

    [Theory]
    [MemberData(nameof(Collectors))]
    public async Task One_bad_record_costs_no_other(string kind)
    {
        await using var collector = await StartAsync(kind);
        int calls = 0;
        collector.OnRequest = async (context, request) =>
        {
            Interlocked.Increment(ref calls);
            if (!Encoding.Latin1.GetString(request.Body).Contains("bad-one", StringComparison.Ordinal)) return false;
            if (kind is "skywalking" or "otlp-grpc") await TestCollector.AnswerGrpcAsync(context, 3, "bad%20record");
            else context.Response.StatusCode = 400;
            return true;
        };
        await using var exporter = Exporter(kind, collector.Port, Quick);
        for (int i = 0; i < 64; i++) exporter.Offer(Samples.Shown(Samples.Sw8) with { Rule = i == 37 ? "bad-one" : "good" });
        await exporter.DrainAsync(Patience);
        Assert.Equal((64, 63, 1), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Dropped(ExportDrop.Refused)));
        Assert.InRange(calls, 2, 2 * 64);
        Assert.Contains(kind is "skywalking" or "otlp-grpc" ? "bad record" : "400", exporter.LastFailure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zipkin", 401)]
    [InlineData("zipkin", 404)]
    [InlineData("otlp-http", 500)]
    public async Task Who_takes_nothing_is_not_asked_for_each_record(string kind, int status)
    {
        await using var collector = await StartAsync(kind);
        int calls = 0;
        collector.OnRequest = (context, _) =>
        {
            Interlocked.Increment(ref calls);
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        await using var exporter = Exporter(kind, collector.Port, Quick with { BatchDelay = TimeSpan.FromMilliseconds(300) });
        for (int i = 0; i < 64; i++) exporter.Offer(Samples.Shown());
        await exporter.DrainAsync(Patience);
        Assert.Equal((64, 64), (exporter.Counts.Offered, exporter.Dropped(ExportDrop.Refused)));
        Assert.InRange(calls, 1, 2);
    }

    [Fact]
    public async Task What_is_too_old_is_given_up()
    {
        await using var exporter = Exporter("zipkin", 1,
            Quick with { Retry = Quick.Retry with { MaxAge = TimeSpan.FromMilliseconds(150) } });
        for (int i = 0; i < 10; i++) exporter.Offer(Samples.Shown());
        await UntilAsync(() => exporter.Dropped(ExportDrop.RetriesExhausted) == 10);
        Assert.Equal((0, 0), (exporter.Counts.Queued, exporter.Counts.QueuedBytes));
    }

    [Fact]
    public async Task More_than_a_collector_takes_is_dropped_within_bounded_memory_and_the_sum_always_holds()
    {
        await using var collector = await StartAsync("zipkin");
        collector.OnRequest = async (_, request) =>
        {
            using var spans = JsonDocument.Parse(request.Body);
            await Task.Delay(spans.RootElement.GetArrayLength() * 10); // 100 a second
            return false;
        };
        var limits = Quick with { MaxQueuedSamples = 500, MaxQueuedBytes = 4_000_000, SendTimeout = TimeSpan.FromSeconds(10) };
        await using var exporter = Exporter("zipkin", collector.Port, limits);
        var sample = Samples.Shown();
        long slowest = 0;
        for (int i = 0; i < 20_000; i++)
        {
            long started = Stopwatch.GetTimestamp();
            exporter.Offer(sample);
            slowest = long.Max(slowest, Stopwatch.GetTimestamp() - started);
            if (i % 10 == 9) Thread.SpinWait(2_000);
            var counts = exporter.Counts;
            Assert.Equal(counts.Offered, counts.Sent + counts.Dropped + counts.Queued);
            Assert.InRange(counts.Queued, 0, 500);
            Assert.InRange(counts.QueuedBytes, 0, 4_000_000);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(0, slowest).TotalSeconds, 0, 1);
        await exporter.DrainAsync(Patience);
        var last = exporter.Counts;
        Assert.Equal((20_000, 0, 0), (last.Offered, last.Queued, last.QueuedBytes));
        Assert.Equal(20_000, last.Sent + last.Dropped);
        Assert.Equal(last.Sent, collector.Requests.Sum(request => JsonDocument.Parse(request.Body).RootElement.GetArrayLength()));
        Assert.True(last.Sent >= 500 && exporter.Dropped(ExportDrop.QueueFull) > 10_000, $"{last}");
    }

    [Fact]
    public async Task The_queue_is_bounded_in_bytes_too()
    {
        var sample = Samples.Shown();
        await using var exporter = Exporter("zipkin", 1, Quick with { MaxQueuedBytes = sample.HeldBytes * 3 });
        for (int i = 0; i < 5; i++) exporter.Offer(sample);
        Assert.Equal((3, 2), (exporter.Counts.Queued, exporter.Dropped(ExportDrop.QueueBytes)));
    }

    private static Task<TestCollector> StartAsync(string kind, int port = 0) =>
        TestCollector.StartAsync(kind is "skywalking" or "otlp-grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1, port: port);

    private static ISampleExporter Exporter(string kind, int port, ExportLimits limits)
    {
        ISampleExporter? exporter = null;
        bool isMade = kind switch
        {
            "zipkin" => SampleExporters.TryCreateZipkin($"http://127.0.0.1:{port}", limits, TimeProvider.System, out exporter),
            "skywalking" => SampleExporters.TryCreateSkyWalking($"127.0.0.1:{port}", null, limits, TimeProvider.System, out exporter),
            "otlp-http" => SampleExporters.TryCreateOtlp($"http://127.0.0.1:{port}", limits, TimeProvider.System, out exporter),
            _ => SampleExporters.TryCreateOtlp($"grpc://127.0.0.1:{port}", limits, TimeProvider.System, out exporter),
        };
        Assert.True(isMade);
        return exporter!;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, "it did not happen in time");
            await Task.Delay(10);
        }
    }
}
