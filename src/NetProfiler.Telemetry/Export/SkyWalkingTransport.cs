using System.Net.Security;
using Grpc.Core;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// SkyWalking's SpanAttachedEventReportService: a batch is one client stream. An event finds its span by the caller's identities, those of
/// sw8 or, for traces that OAP has from Zipkin, those of B3 and W3C.
/// </summary>
internal sealed class SkyWalkingTransport : ISampleTransport<IReadOnlyList<SpanAttachedEvent>>
{
    private readonly GrpcCollector _collector;
    private readonly SpanAttachedEventReportService.SpanAttachedEventReportServiceClient _client;
    private readonly Metadata _metadata;
    private readonly bool _hasToken;

    public SkyWalkingTransport(Uri address, string? token, SslClientAuthenticationOptions? tls = null)
    {
        _collector = new GrpcCollector(address, tls);
        _client = new(_collector.Invoker);
        _hasToken = token is not null;
        _metadata = token is null ? [] : new Metadata { { "authentication", token } };
    }

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
        try
        {
            using var call = _client.collect(_metadata, cancellationToken: cancellation);
            await WriteAsync(call.RequestStream, records.SelectMany(record => record), cancellation).ConfigureAwait(false);
            await call.ResponseAsync.ConfigureAwait(false);
            return new SendResult(SendOutcome.Sent);
        }
        catch (RpcException failure)
        {
            var result = GrpcCollector.ResultOf(failure);
            if (!GrpcCollector.IsDenied(failure)) return result;
            string token = _hasToken ? $"the token in {SampleExporters.SkyWalkingTokenVariable} is not accepted" : $"set the token in {SampleExporters.SkyWalkingTokenVariable}";
            return result with { Detail = $"{result.Detail}; {token}" };
        }
    }

    public void Dispose() => _collector.Dispose();

    // A collector may end the call before it has all events: its answer then says why.
    private static async Task WriteAsync(
        IClientStreamWriter<SpanAttachedEvent> stream, IEnumerable<SpanAttachedEvent> events, CancellationToken cancellation)
    {
        try
        {
            foreach (var one in events) await stream.WriteAsync(one, cancellation).ConfigureAwait(false);
            await stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or InvalidOperationException)
        {
        }
    }

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
