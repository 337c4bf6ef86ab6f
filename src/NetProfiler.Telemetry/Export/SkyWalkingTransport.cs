using System.Net.Security;
using Google.Protobuf;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// SkyWalking's SpanAttachedEventReportService: a batch is one client stream. An event finds its span by the caller's identities, those of
/// sw8 or, for traces that OAP has from Zipkin, those of B3 and W3C.
/// </summary>
internal sealed class SkyWalkingTransport(Uri address, string? token, SslClientAuthenticationOptions? tls = null)
    : ISampleTransport<IReadOnlyList<SpanAttachedEvent>>
{
    private const string Collect = "/skywalking.v3.SpanAttachedEventReportService/collect";

    private readonly GrpcClient _client = new(address, Collect, token is null ? [] : [("authentication", token)], tls);

    public IReadOnlyList<SpanAttachedEvent>? Encode(ShownSample sample)
    {
        if (sample.Trace is not { } trace) return null;

        var reference = new SpanAttachedEvent.Types.SpanReference
        {
            Type = trace.Format == TraceFormat.SkyWalking
                ? SpanAttachedEvent.Types.SpanReferenceType.Skywalking
                : SpanAttachedEvent.Types.SpanReferenceType.Zipkin,
            TraceId = trace.TraceId,
            TraceSegmentId = trace.SegmentId ?? "",
            SpanId = trace.SpanId,
        };
        return [.. SampleEvent.Of(sample).Select(one => Encode(one, reference))];
    }

    public async Task<SendResult> SendAsync(IReadOnlyList<IReadOnlyList<SpanAttachedEvent>> records, CancellationToken cancellation)
    {
        IMessage[] events = [.. records.SelectMany(record => record)];
        var reply = await _client.CallAsync(events, cancellation).ConfigureAwait(false);
        return new SendResult(GrpcClient.OutcomeOf(reply.Status), Detail: $"gRPC status {reply.Status}: {reply.Detail}");
    }

    public void Dispose() => _client.Dispose();

    private static SpanAttachedEvent Encode(SampleEvent one, SpanAttachedEvent.Types.SpanReference reference)
    {
        var message = new SpanAttachedEvent
        {
            StartTime = Time(one.StartUnixNanoseconds),
            Event = one.Name,
            EndTime = Time(one.EndUnixNanoseconds),
            TraceContext = reference,
        };
        message.Tags.AddRange(one.Tags.Select(tag => new KeyStringValuePair { Key = tag.Key, Value = tag.Value }));
        return message;
    }

    private static Instant Time(long unixNanoseconds) => new()
    {
        Seconds = unixNanoseconds / 1_000_000_000,
        Nanos = (int)(unixNanoseconds % 1_000_000_000),
    };
}
