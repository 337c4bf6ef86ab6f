using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Writes a sample as a span of Zipkin's v2 JSON. On a span of the application, it has that span's id and side, and omits what the
/// application reports (name, times, endpoint), so that Zipkin adds the annotations and tags to that span. A netprofiler span is complete.
/// </summary>
internal sealed class ZipkinSpanWriter(SpanSettings settings)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The tags of a socket call that are not those of its message.
    private static readonly HashSet<string> TagsOfCalls = ["package_size", "data_direction", "avg_rtt_time"];

    private readonly SpanNumbers _numbers = new();

    /// <summary>Must be called once per sample, in order, because the exchanges of a span are numbered.</summary>
    public byte[] Write(ShownSample sample)
    {
        var placement = SpanPlacements.Of(sample, settings);
        var (traceId, parentId, id) = IdentityOf(sample, placement);
        bool isServer = sample.Role == EndpointRole.Server;
        bool isOurs = SpanPlacements.ReasonOf(placement) is not null;
        int number = isOurs ? 1 : _numbers.Next($"{traceId}/{id}/{isServer}");
        var events = Named(sample, number);

        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("traceId"u8, traceId);
        if (parentId is not null) json.WriteString("parentId"u8, parentId);
        json.WriteString("id"u8, id);
        json.WriteString("kind"u8, isServer ? "SERVER"u8 : "CLIENT"u8);
        if (isOurs) WriteOwn(json, sample, placement, events);
        if (placement == SpanPlacement.SharedSpan) json.WriteBoolean("shared"u8, true);
        WriteAnnotations(json, events);
        json.WriteStartObject("tags"u8);
        if (isOurs) WriteOwnTags(json, sample, placement);
        WriteTags(json, events);
        if (sample.Trace is { Format: TraceFormat.SkyWalking } skyWalking) json.WriteString("skywalking.trace_id"u8, skyWalking.TraceId);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static (string TraceId, string? ParentId, string Id) IdentityOf(ShownSample sample, SpanPlacement placement)
    {
        switch (placement)
        {
            case SpanPlacement.CallersSpan or SpanPlacement.SharedSpan:
                return (sample.Trace!.TraceId, sample.Trace.ParentSpanId, sample.Trace.SpanId);
            case SpanPlacement.ChildSpan or SpanPlacement.UnsampledTrace:
                return (sample.Trace!.TraceId, sample.Trace.SpanId, sample.Id.ToString());
            default:
                // Both ends are siblings below a missing span, so that no edge is added to the dependency graph.
                var own = OwnSpan.TraceIdOf(sample);
                string? parent = sample.JoinKey is null ? null : new SpanId((ulong)own.Bits).ToString();
                return (own.ToString(), parent, sample.Id.ToString());
        }
    }

    private static void WriteOwn(Utf8JsonWriter json, ShownSample sample, SpanPlacement placement, List<NamedEvent> events)
    {
        long start = events.Where(one => one.Event.IsMessage).Min(one => one.StartMicroseconds);
        long end = events.Where(one => one.Event.IsMessage).Max(one => one.EndMicroseconds);
        bool isChild = placement == SpanPlacement.ChildSpan;

        // If the caller does not report a span, Lens names the trace after the earliest of the spans below it, which must remain the
        // application's.
        if (isChild && (sample.Peer is null || sample.SpanUse == SpanUse.Forwarded))
            start = long.Clamp(AnsweringMicroseconds(sample, end), start, end - 1);
        json.WriteString("name"u8, OwnSpan.NameOf(sample).ToLowerInvariant());
        json.WriteNumber("timestamp"u8, start);
        json.WriteNumber("duration"u8, end - start);

        // No service name below the application's span, which has the name itself; so the list of services does not change.
        WriteEndpoint(json, "localEndpoint"u8, isChild ? null : SampleParty.Of(sample).Service.ToLowerInvariant(), sample.Local);
        WriteEndpoint(json, "remoteEndpoint"u8, null, sample.Remote);
    }

    private static long AnsweringMicroseconds(ShownSample sample, long end) =>
        sample.Outcome == ExchangeOutcome.Unanswered ? end : sample.Response.StartUnixNanoseconds / 1000;

    private static void WriteEndpoint(Utf8JsonWriter json, ReadOnlySpan<byte> property, string? service, string address)
    {
        bool isAddress = IPEndPoint.TryParse(address, out var endpoint);
        if (service is null && !isAddress) return;
        json.WriteStartObject(property);
        if (service is not null) json.WriteString("serviceName"u8, service);
        if (isAddress)
        {
            bool isIPv4 = endpoint!.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
            json.WriteString(isIPv4 ? "ipv4"u8 : "ipv6"u8, endpoint.Address.ToString());
            if (endpoint.Port != 0) json.WriteNumber("port"u8, endpoint.Port);
        }

        json.WriteEndObject();
    }

    // Zipkin's own tag names, so that a search by tag finds netprofiler spans.
    private static void WriteOwnTags(Utf8JsonWriter json, ShownSample sample, SpanPlacement placement)
    {
        json.WriteString("netprofiler.reason"u8, SpanPlacements.ReasonOf(placement));
        foreach (var (key, value) in KubernetesAttributes.OfResource(sample.Process.Container, sample.NodeName)
            .Concat(KubernetesAttributes.OfPeer(sample)))
            json.WriteString(key, value);
        json.WriteString("http.method"u8, sample.Method);
        int query = sample.Target.IndexOf('?');
        json.WriteString("http.path"u8, query < 0 ? sample.Target : sample.Target[..query]);
        string status = sample.Status.ToString(CultureInfo.InvariantCulture);
        if (sample.Status > 0) json.WriteString("http.status_code"u8, status);
        if (placement == SpanPlacement.ChildSpan) return; // the application reports errors itself
        if (sample.EndedBy != EndedBy.None) json.WriteString("error"u8, sample.EndedByText);
        else if (sample.Status >= (sample.Role == EndpointRole.Server ? 500 : 400)) json.WriteString("error"u8, status);
    }

    // Annotations are sorted by time, as in Zipkin. A call that begins and ends with its message is omitted.
    private static void WriteAnnotations(Utf8JsonWriter json, List<NamedEvent> events)
    {
        var annotations = new List<(long Time, string Value)>();
        foreach (var one in events)
        {
            var message = one.Event.IsMessage
                ? null
                : events.Find(other => other.Event.IsMessage && other.Event.IsRequest == one.Event.IsRequest);
            if (one.StartMicroseconds == message?.StartMicroseconds && one.EndMicroseconds == message.EndMicroseconds) continue;
            annotations.Add((one.StartMicroseconds, $"Start {one.Name}"));
            annotations.Add((one.EndMicroseconds, $"Finished {one.Name}"));
        }

        json.WriteStartArray("annotations"u8);
        foreach (var (time, value) in annotations.OrderBy(annotation => annotation.Time))
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp"u8, time);
            json.WriteString("value"u8, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTags(Utf8JsonWriter json, List<NamedEvent> events)
    {
        foreach (var one in events)
        {
            foreach (var (key, value) in one.Event.Tags)
            {
                if (one.Event.IsMessage || TagsOfCalls.Contains(key)) json.WriteString($"{one.TagPrefix}.{key}", value);
            }
        }
    }

    // The n-th exchange of a span has the n-th of its two events; its calls are numbered below it. Lens shows both sides of a span in one
    // row.
    private static List<NamedEvent> Named(ShownSample sample, int number)
    {
        string side = SampleEvent.SideOf(sample);
        int calls = 0;
        return
        [
            .. SampleEvent.Of(sample).Select(one =>
            {
                string name = one.IsMessage ? $"{one.Name}-{number}" : $"{one.Name}-{number}.{++calls}";
                return new NamedEvent($"{name} ({side})", $"{name.ToLowerInvariant().Replace(' ', '.')}.{side}", one);
            }),
        ];
    }

    private sealed record NamedEvent(string Name, string TagPrefix, SampleEvent Event)
    {
        public long StartMicroseconds => Event.StartUnixNanoseconds / 1000;

        /// <summary>Later than the start, because Zipkin sorts "Finished" before "Start" if the times are equal.</summary>
        public long EndMicroseconds => long.Max(Event.EndUnixNanoseconds / 1000, StartMicroseconds + 1);
    }
}
