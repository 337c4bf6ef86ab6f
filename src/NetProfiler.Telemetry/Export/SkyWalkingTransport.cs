using System.Net.Security;
using Grpc.Core;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Sends events to SkyWalking's SpanAttachedEventReportService: a batch is one client stream. An event is attached to its span by the
/// caller's ids: those of sw8 or, for traces that OAP has from Zipkin, those of B3 and W3C. <see cref="SkyWalkingLists"/> fills OAP's lists
/// of requests.
/// </summary>
internal sealed class SkyWalkingTransport : ISampleTransport<SkyWalkingTransport.Record>
{
    private readonly GrpcCollector _collector;
    private readonly SpanAttachedEventReportService.SpanAttachedEventReportServiceClient _events;
    private readonly SkyWalkingLists _lists;
    private readonly Metadata _metadata;
    private readonly bool _hasToken;
    private readonly DistinctTimes _times = new();
    private readonly SkyWalkingNames _names = new();

    public SkyWalkingTransport(Uri address, string? token, SslClientAuthenticationOptions? tls = null)
    {
        _collector = new GrpcCollector(address, tls);
        _events = new(_collector.Invoker);
        _hasToken = token is not null;
        _metadata = token is null ? [] : new Metadata { { "authentication", token } };
        _lists = new SkyWalkingLists(_collector.Invoker, _metadata, TimeProvider.System);
    }

    /// <summary>The events of a sample, and its entry in OAP's lists. The entry is null if there is no list for it.</summary>
    internal sealed record Record(IReadOnlyList<SpanAttachedEvent> Events, ListedRequest? Listed);

    public long NotListed => _lists.Failed;

    public ExportDrop? Refuses(ShownSample sample) => sample.Trace switch
    {
        null => ExportDrop.NoTrace,
        { Decision: TraceDecision.Deny } => ExportDrop.NotSampled,
        _ => null,
    };

    public Record Encode(ShownSample sample)
    {
        var trace = sample.Trace!;
        var reference = new SpanAttachedEvent.Types.SpanReference
        {
            Type = trace.Format == TraceFormat.SkyWalking
                ? SpanAttachedEvent.Types.SpanReferenceType.Skywalking
                : SpanAttachedEvent.Types.SpanReferenceType.Zipkin,
            TraceId = trace.TraceId,
            TraceSegmentId = trace.SegmentId ?? "",
            SpanId = SpanIdOf(trace, sample.Role),
        };
        var party = _names.Of(sample);
        return new Record([.. SampleEvent.Of(sample, party).Select(one => Encode(one, reference))],
            ListedRequest.Of(sample, party, _names));
    }

    public async Task<SendResult> SendAsync(IReadOnlyList<Record> records, CancellationToken cancellation)
    {
        try
        {
            using var call = _events.collect(_metadata, cancellationToken: cancellation);
            await call.RequestStream.WriteAllAsync(records.SelectMany(record => record.Events), cancellation).ConfigureAwait(false);
            await call.ResponseAsync.ConfigureAwait(false);

            // The samples are stored, regardless of the lists.
            await _lists.SendAsync([.. records.Select(record => record.Listed).OfType<ListedRequest>()], cancellation)
                .ConfigureAwait(false);
            return new SendResult(SendOutcome.Sent);
        }
        catch (RpcException failure)
        {
            var result = GrpcCollector.ResultOf(failure);
            if (!GrpcCollector.IsDenied(failure)) return result;
            string token = _hasToken ? $"the token in {SampleExporters.SkyWalkingTokenVariable} is not accepted"
                : $"set the token in {SampleExporters.SkyWalkingTokenVariable}";
            return result with { Detail = $"{result.Detail}; {token}" };
        }
    }

    public void Dispose() => _collector.Dispose();

    // For each text of segment and span, OAP keeps the span of the first event, and parses the number in it only then. With a leading zero,
    // the server's events have a text of their own, and are attached to its Entry span.
    private static string SpanIdOf(TraceReference trace, EndpointRole role) =>
        trace.Format == TraceFormat.SkyWalking && role == EndpointRole.Server ? $"0{trace.SpanId}" : trace.SpanId;

    private SpanAttachedEvent Encode(SampleEvent one, SpanAttachedEvent.Types.SpanReference reference)
    {
        long start = _times.Take(reference.TraceSegmentId, one.Name, one.StartUnixNanoseconds);
        var message = new SpanAttachedEvent
        {
            StartTime = Time(start),
            Event = one.Name,
            EndTime = Time(long.Max(start, one.EndUnixNanoseconds)),
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
