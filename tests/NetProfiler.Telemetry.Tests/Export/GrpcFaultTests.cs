using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>What the end of a gRPC call means: the collector's answer, or a fault on the way to it.</summary>
public class GrpcFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly ExportLimits Quick = new()
    {
        BatchDelay = TimeSpan.FromMilliseconds(10),
        Retry = new RetrySchedule(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)),
    };

    [Theory]
    [InlineData("skywalking", Code.Unavailable)]
    [InlineData("otlp", Code.ResourceExhausted)]
    public async Task The_wait_that_a_collector_asks_for_is_kept(string kind, Code code)
    {
        await using var collector = await GrpcTestCollector.StartAsync();
        long refused = 0, taken = 0;
        collector.Answer = _ =>
        {
            if (Interlocked.CompareExchange(ref refused, Stopwatch.GetTimestamp(), 0) == 0) throw Busy(code, TimeSpan.FromSeconds(1));
            taken = Stopwatch.GetTimestamp();
            return new();
        };
        await using var exporter = Exporter(kind, collector.Port, Quick);
        exporter.Offer(Samples.Shown(Samples.Sw8));
        await exporter.DrainAsync(Patience);
        Assert.Equal((1, 1, 1), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Counts.Retried));
        Assert.InRange(Stopwatch.GetElapsedTime(refused, taken).TotalSeconds, 0.99, 15);
        Assert.Equal($"{(code == Code.Unavailable ? "unavailable" : "resource exhausted")} (gRPC status {(int)code}): later",
            exporter.LastFailure);
    }

    [Theory]
    [InlineData("skywalking", "AAAA")] // tag 0
    [InlineData("skywalking", "not base64!")]
    [InlineData("otlp", "Gh0KKHR5cGUuZ29vZ2xlYXBpcy5jb20v")] // cut
    public async Task A_wait_that_cannot_be_read_is_none(string kind, string details)
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http2);
        int calls = 0;
        collector.OnRequest = async (context, _) =>
        {
            if (Interlocked.Increment(ref calls) > 1) return false;
            context.Response.Headers["grpc-status-details-bin"] = details;
            await TestCollector.AnswerGrpcAsync(context, (int)StatusCode.Unavailable);
            return true;
        };
        await using var exporter = Exporter(kind, collector.Port, Quick);
        exporter.Offer(Samples.Shown(Samples.Sw8));
        await exporter.DrainAsync(Patience);
        Assert.Equal((1, 1, 1), (exporter.Counts.Offered, exporter.Counts.Sent, exporter.Counts.Retried));
    }

    [Fact]
    public void A_wait_out_of_range_is_none()
    {
        var status = new Google.Rpc.Status { Code = (int)Code.Unavailable };
        status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = new Duration { Seconds = long.MaxValue, Nanos = -1 } }));
        Assert.Equal(new SendResult(SendOutcome.Retry, Detail: "unavailable (gRPC status 14)"),
            GrpcCollector.ResultOf(status.ToRpcException()));
    }

    [Theory]
    [InlineData("skywalking", true)]
    [InlineData("skywalking", false)]
    [InlineData("otlp", true)]
    [InlineData("otlp", false)]
    public async Task Internal_is_a_refusal_when_the_collector_says_it_and_a_retry_when_the_stream_broke(string kind, bool isAnswer)
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http2);
        int calls = 0;
        collector.OnRequest = async (context, _) =>
        {
            if (Interlocked.Increment(ref calls) > 1) return false;
            if (isAnswer) await TestCollector.AnswerGrpcAsync(context, (int)StatusCode.Internal, "cannot");
            else context.Abort();
            return true;
        };
        await using var exporter = Exporter(kind, collector.Port, Quick);
        exporter.Offer(Samples.Shown(Samples.Sw8));
        await exporter.DrainAsync(Patience);
        var counts = exporter.Counts;
        Assert.Equal(isAnswer ? (1, 0, 0, 1) : (1, 1, 1, 0),
            (counts.Offered, counts.Sent, counts.Retried, exporter.Dropped(ExportDrop.Refused)));
        Assert.Contains(isAnswer ? "internal (gRPC status 13): cannot" : " (gRPC status 1", exporter.LastFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_refused_early_is_refused_with_its_reason()
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http2);
        collector.OnConnected = context => TestCollector.AnswerGrpcAsync(context, (int)StatusCode.Unauthenticated, "no%20token");
        await using var exporter = Exporter("skywalking", collector.Port, Quick with { MaxBatchSamples = 2000 });
        for (int i = 0; i < 500; i++) exporter.Offer(Samples.Shown(Samples.Sw8));
        await exporter.DrainAsync(Patience);
        Assert.Equal((500, 500), (exporter.Counts.Offered, exporter.Dropped(ExportDrop.Refused)));
        Assert.Equal("not authenticated (gRPC status 16): no token; set the token in SW_AGENT_AUTHENTICATION", exporter.LastFailure);
    }

    [Theory]
    [InlineData(null, "permission denied (gRPC status 7); set the token in SW_AGENT_AUTHENTICATION")]
    [InlineData("wrong", "permission denied (gRPC status 7); the token in SW_AGENT_AUTHENTICATION is not accepted")]
    public async Task A_token_that_is_not_accepted_is_told_with_the_variable_that_holds_it(string? token, string expected)
    {
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http2);
        collector.OnConnected = context => TestCollector.AnswerGrpcAsync(context, (int)StatusCode.PermissionDenied);
        Assert.True(SampleExporters.TryCreateSkyWalking($"127.0.0.1:{collector.Port}", token, Quick, TimeProvider.System,
            out var exporter));
        exporter.Offer(Samples.Shown(Samples.Sw8));
        await exporter.DrainAsync(Patience);
        Assert.Equal(expected, exporter.LastFailure);
        Assert.Equal(expected, exporter.Failing?.Reason);
        await exporter.DisposeAsync();
    }

    private static RpcException Busy(Code code, TimeSpan wait)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = "later" };
        status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }));
        return status.ToRpcException();
    }

    private static ISampleExporter Exporter(string kind, int port, ExportLimits limits)
    {
        ISampleExporter? exporter;
        Assert.True(kind == "otlp"
            ? SampleExporters.TryCreateOtlp($"grpc://127.0.0.1:{port}", limits, TimeProvider.System, out exporter)
            : SampleExporters.TryCreateSkyWalking($"127.0.0.1:{port}", null, limits, TimeProvider.System, out exporter));
        return exporter;
    }
}
