using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using Google.Protobuf;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export.Otlp;
using RpcException = Grpc.Core.RpcException;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Sends samples as OTLP spans, over gRPC or as protobuf over HTTP. A sample becomes a span of its own, a child of the span in the
/// request's trace context, with the kind of the profiled side. Its events are the same as for other collectors.
/// </summary>
internal sealed class OtlpTransport : ISampleTransport<OtlpTransport.Record>
{
    // Trace flags, bits 8 and 9: it is known whether the parent is remote, and it is.
    private const uint RemoteParent = 0x300;
    private const uint Sampled = 1;

    private readonly Uri _address;
    private readonly TimeProvider _time;
    private readonly GrpcCollector? _collector;
    private readonly TraceService.TraceServiceClient? _grpc;
    private readonly HttpClient? _http;
    private readonly Grpc.Core.Metadata _metadata = [];

    private readonly SpanSettings _settings;

    public OtlpTransport(OtlpAddress address, TimeProvider time, SpanSettings? settings = null)
    {
        _address = address.Uri;
        _time = time;
        _settings = settings ?? SpanSettings.Default;
        if (!address.IsGrpc)
        {
            _http = HttpAnswers.CreateClient();
            return;
        }

        _collector = new GrpcCollector(new UriBuilder(address.Uri) { UserName = "", Password = "" }.Uri);
        if (CollectorUri.Authorization(address.Uri) is { } authorization)
            _metadata = new Grpc.Core.Metadata { { "authorization", authorization.ToString() } };
        _grpc = new TraceService.TraceServiceClient(_collector.Invoker);
    }

    /// <summary>A span, and the process that it belongs to.</summary>
    internal sealed record Record(ProcessIdentity Process, SampleParty Party, string? NodeName, Span Span);

    public ExportDrop? Refuses(ShownSample sample) =>
        _settings.Unsampled == UnsampledTraces.Drop && IsUnsampled(sample) ? ExportDrop.NotSampled : null;

    public Record Encode(ShownSample sample)
    {
        var traceId = OwnSpan.TraceIdOf(sample);
        var parent = default(SpanId);
        var trace = sample.Trace;
        bool hasParent = trace is not null && trace.TryGetIds(out traceId, out parent);
        bool isServer = sample.Role == EndpointRole.Server;

        var span = new Span
        {
            TraceId = Bytes(traceId),
            SpanId = Bytes(sample.Id),
            ParentSpanId = hasParent ? Bytes(parent) : ByteString.Empty,
            TraceState = trace?.TraceState ?? "",
            Name = OwnSpan.NameOf(sample),
            Kind = isServer ? Span.Types.SpanKind.Server : Span.Types.SpanKind.Client,
            StartTimeUnixNano = (ulong)sample.StartUnixNanoseconds,
            EndTimeUnixNano = (ulong)(sample.StartUnixNanoseconds + sample.DurationNanoseconds),
            Flags = Sampled | (hasParent ? RemoteParent : 0), // of this span: it is reported regardless of whether its parent is
        };
        if (sample.Status >= (isServer ? 500 : 400) || sample.EndedBy != EndedBy.None)
            span.Status = new Status { Code = Status.Types.StatusCode.Error };
        AddAttributes(span, sample, isServer);
        AddEvents(span, sample);
        return new Record(sample.Process, SampleParty.Of(sample), sample.NodeName, span);
    }

    public async Task<SendResult> SendAsync(IReadOnlyList<Record> records, CancellationToken cancellation)
    {
        var request = Request(records);
        return _grpc is not null
            ? await SendByGrpcAsync(request, cancellation).ConfigureAwait(false)
            : await SendByHttpAsync(request, cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _collector?.Dispose();
        _http?.Dispose();
    }

    // One resource per process.
    internal static ExportTraceServiceRequest Request(IReadOnlyList<Record> records)
    {
        var request = new ExportTraceServiceRequest();
        foreach (var process in records.GroupBy(record => (record.Process, record.Party, record.NodeName)))
        {
            var scope = new ScopeSpans { Scope = new InstrumentationScope { Name = "netprofiler" } };
            scope.Spans.AddRange(process.Select(record => record.Span));
            request.ResourceSpans.Add(new ResourceSpans
            {
                Resource = ResourceOf(process.Key.Process, process.Key.Party, process.Key.NodeName),
                ScopeSpans = { scope },
            });
        }

        return request;
    }

    private static Resource ResourceOf(ProcessIdentity process, SampleParty party, string? nodeName)
    {
        var resource = new Resource
        {
            Attributes = { Text("service.name", party.Service), Text("process.executable.name", process.Name),
                Whole("process.pid", process.Id) },
        };
        if (process.Container is not { } container) return resource;
        resource.Attributes.Add(Text("service.instance.id", party.Instance));
        resource.Attributes.AddRange(KubernetesAttributes.OfResource(container, nodeName).Select(one => Text(one.Key, one.Value)));
        return resource;
    }

    private static bool IsUnsampled(ShownSample sample) =>
        sample.Trace is { Decision: TraceDecision.Deny, Format: not TraceFormat.SkyWalking };

    private async Task<SendResult> SendByGrpcAsync(ExportTraceServiceRequest request, CancellationToken cancellation)
    {
        try
        {
            var answer = await _grpc!.ExportAsync(request, _metadata, cancellationToken: cancellation).ConfigureAwait(false);
            return new SendResult(SendOutcome.Sent, RejectedRecords: RejectedIn(answer));
        }
        catch (RpcException failure)
        {
            return GrpcCollector.ResultOf(failure);
        }
    }

    private async Task<SendResult> SendByHttpAsync(ExportTraceServiceRequest request, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(request.ToByteArray()) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        message.Headers.Authorization = CollectorUri.Authorization(_address);
        using var response = await _http!.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        byte[] answer = await HttpAnswers.ReadAsync(response, cancellation).ConfigureAwait(false);

        var outcome = HttpAnswers.OutcomeOf(response.StatusCode);
        int rejected = outcome == SendOutcome.Sent ? RejectedIn(answer) : 0;
        return new SendResult(outcome, HttpAnswers.RetryAfter(response, _time), rejected,
            HttpAnswers.Detail(response.StatusCode, outcome == SendOutcome.Sent ? [] : answer));
    }

    private static int RejectedIn(ReadOnlySpan<byte> answer)
    {
        try
        {
            return RejectedIn(ExportTraceServiceResponse.Parser.ParseFrom(answer));
        }
        catch (InvalidProtocolBufferException)
        {
            return 0; // the body may be JSON, or not meaningful
        }
    }

    private static int RejectedIn(ExportTraceServiceResponse answer) =>
        (int)long.Clamp(answer.PartialSuccess?.RejectedSpans ?? 0, 0, int.MaxValue);

    // OpenTelemetry's semantic conventions for HTTP, and netprofiler's own attributes.
    private static void AddAttributes(Span span, ShownSample sample, bool isServer)
    {
        int query = sample.Target.IndexOf('?');
        var attributes = span.Attributes;
        attributes.Add(Text("http.request.method", sample.Method));
        attributes.Add(Text("url.path", query < 0 ? sample.Target : sample.Target[..query]));
        if (query >= 0) attributes.Add(Text("url.query", sample.Target[(query + 1)..]));
        attributes.Add(Text("url.scheme", sample.IsTls ? "https" : "http"));
        if (sample.Host is { } host) attributes.Add(Text("server.address", host));
        if (sample.Outcome != ExchangeOutcome.Unanswered) attributes.Add(Whole("http.response.status_code", sample.Status));
        if (sample.EndedByText.Length > 0) attributes.Add(Text("error.type", sample.EndedByText));
        else if (sample.Status >= (isServer ? 500 : 400))
            attributes.Add(Text("error.type", sample.Status.ToString(CultureInfo.InvariantCulture)));
        attributes.Add(Text("network.protocol.version", $"1.{sample.MinorVersion}"));
        if (sample.Request.Bytes is { } requestBytes) attributes.Add(Whole("http.request.size", requestBytes));
        if (sample.Request.BodyBytes is { } requestBodyBytes) attributes.Add(Whole("http.request.body.size", requestBodyBytes));
        if (sample.Response.Bytes is { } responseBytes) attributes.Add(Whole("http.response.size", responseBytes));
        if (sample.Response.BodyBytes is { } responseBodyBytes) attributes.Add(Whole("http.response.body.size", responseBodyBytes));
        attributes.Add(Text("network.local.address", sample.Local));
        attributes.Add(Text("network.peer.address", sample.Remote));
        attributes.AddRange(KubernetesAttributes.OfPeer(sample).Select(one => Text(one.Key, one.Value)));
        if (sample.Rule is { Length: > 0 } rule) attributes.Add(Text("netprofiler.rule", rule));
        if (sample.SampledAsText.Length > 0) attributes.Add(Text("netprofiler.sampled", sample.SampledAsText));
        if (IsUnsampled(sample)) attributes.Add(Text("netprofiler.reason", SpanPlacements.ReasonOf(SpanPlacement.UnsampledTrace)!));
        if (sample.Trace is { Format: TraceFormat.SkyWalking } skyWalking) attributes.Add(Text("skywalking.trace_id", skyWalking.TraceId));
    }

    // SkyWalking's receiver keeps one event per microsecond: a call at the time of a message, or of an earlier call, is reported one
    // microsecond later.
    private static void AddEvents(Span span, ShownSample sample)
    {
        var taken = new HashSet<long>();
        var events = new List<Span.Types.Event>();
        foreach (var one in SampleEvent.Of(sample)) // messages have precedence
        {
            long time = one.StartUnixNanoseconds;
            while (!taken.Add(time / 1000)) time += 1000;
            events.Add(Event(one, time));
        }

        span.Events.AddRange(events.OrderBy(one => one.TimeUnixNano));
    }

    // An event has one time, so its end is an attribute.
    private static Span.Types.Event Event(SampleEvent one, long unixNanoseconds)
    {
        var message = new Span.Types.Event { TimeUnixNano = (ulong)unixNanoseconds, Name = one.Name };
        message.Attributes.Add(Whole("duration_ns", one.EndUnixNanoseconds - one.StartUnixNanoseconds));
        foreach (var (key, value) in one.Tags) message.Attributes.Add(Text(key, value));
        return message;
    }

    private static KeyValue Text(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    private static KeyValue Whole(string key, long value) => new() { Key = key, Value = new AnyValue { IntValue = value } };

    private static ByteString Bytes(TraceId id)
    {
        System.Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id.Bits);
        return ByteString.CopyFrom(bytes);
    }

    private static ByteString Bytes(SpanId id)
    {
        System.Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.Bits);
        return ByteString.CopyFrom(bytes);
    }
}
