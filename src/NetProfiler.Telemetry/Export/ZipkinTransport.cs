using System.Buffers;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Zipkin's v2 JSON. A span of ours has the identity of the one that the request names, and nothing of what the application says of it
/// (name, times, endpoint): Zipkin then adds our annotations and tags to the application's span. A server's is the shared side of it.
/// A request that names no trace that Zipkin can have becomes a trace of its own.
/// </summary>
internal sealed class ZipkinTransport(Uri address, TimeProvider time) : ISampleTransport<byte[]>
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpClient _client = HttpAnswers.CreateClient();
    private readonly SpanNumbers _numbers = new();

    public byte[]? Encode(ShownSample sample)
    {
        bool isOwn = sample.Trace is null || sample.Trace.Format == TraceFormat.SkyWalking;
        string traceId = isOwn ? OwnSpan.TraceIdOf(sample).ToString() : sample.Trace!.TraceId;
        string spanId = isOwn ? sample.Id.ToString() : sample.Trace!.SpanId;
        bool isServer = sample.Role == EndpointRole.Server;

        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("traceId"u8, traceId);
        if (!isOwn && sample.Trace!.ParentSpanId is { } parent) json.WriteString("parentId"u8, parent);
        json.WriteString("id"u8, spanId);
        json.WriteString("kind"u8, isServer ? "SERVER"u8 : "CLIENT"u8);
        if (isOwn) WriteOwn(json, sample);
        else if (isServer) json.WriteBoolean("shared"u8, true);
        WriteEvents(json, sample, _numbers.Next($"{traceId}/{spanId}/{isServer}"));
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    public async Task<SendResult> SendAsync(IReadOnlyList<byte[]> records, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Compress(records)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = CollectorUri.Authorization(address);

        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        byte[] answer = await HttpAnswers.ReadAsync(response, cancellation).ConfigureAwait(false);
        var outcome = (int)response.StatusCode == 500 ? SendOutcome.Retry : HttpAnswers.OutcomeOf(response.StatusCode); // 500: its storage failed
        return new SendResult(outcome, HttpAnswers.RetryAfter(response, time), Detail: HttpAnswers.Detail(response.StatusCode, answer));
    }

    public void Dispose() => _client.Dispose();

    private static void WriteOwn(Utf8JsonWriter json, ShownSample sample)
    {
        json.WriteString("name"u8, OwnSpan.NameOf(sample).ToLowerInvariant());
        json.WriteNumber("timestamp"u8, sample.StartUnixNanoseconds / 1000);
        json.WriteNumber("duration"u8, long.Max(1, sample.DurationNanoseconds / 1000));
        json.WriteStartObject("localEndpoint"u8);
        json.WriteString("serviceName"u8, sample.Process.Name.ToLowerInvariant());
        json.WriteEndObject();
    }

    // Annotations are sorted by time, as Zipkin has them.
    private static void WriteEvents(Utf8JsonWriter json, ShownSample sample, int number)
    {
        var named = Numbered(SampleEvent.Of(sample), number);
        var annotations = named
            .SelectMany(one => new[] { (Time: one.Event.StartUnixNanoseconds, Value: $"Start {one.Name}"), (Time: one.Event.EndUnixNanoseconds, Value: $"Finished {one.Name}") })
            .OrderBy(annotation => annotation.Time / 1000);

        json.WriteStartArray("annotations"u8);
        foreach (var (time, value) in annotations)
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp"u8, time / 1000);
            json.WriteString("value"u8, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();

        json.WriteStartObject("tags"u8);
        foreach (var (name, one) in named)
        {
            string prefix = name.ToLowerInvariant().Replace(' ', '.');
            foreach (var (key, value) in one.Tags) json.WriteString($"{prefix}.{key}", value);
        }

        if (sample.Trace is { Format: TraceFormat.SkyWalking } skyWalking) json.WriteString("skywalking.trace_id"u8, skyWalking.TraceId);
        json.WriteEndObject();
    }

    // The n-th exchange of a span has the n-th of its two events; its calls are numbered below it.
    private static List<(string Name, SampleEvent Event)> Numbered(IReadOnlyList<SampleEvent> events, int number)
    {
        int calls = 0;
        return [.. events.Select(one => (one.IsMessage ? $"{one.Name}-{number}" : $"{one.Name}-{number}.{++calls}", one))];
    }

    private static byte[] Compress(IReadOnlyList<byte[]> spans)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            for (int i = 0; i < spans.Count; i++)
            {
                gzip.Write(i == 0 ? "["u8 : ","u8);
                gzip.Write(spans[i]);
            }

            gzip.Write("]"u8);
        }

        return output.ToArray();
    }
}
