using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>Writes samples as an HTTP archive (HAR 1.2), which the network panels of browsers can open. One thread at a time.</summary>
/// <remarks>Names of fields that extend the format begin with an underscore, as the format requires.</remarks>
public sealed class HarWriter : IAsyncDisposable
{
    private const int FlushBytes = 64 * 1024;

    private readonly Stream _output;
    private readonly Utf8JsonWriter _json;

    /// <param name="output">Contains valid JSON only after <see cref="DisposeAsync"/>, which leaves the stream open.</param>
    public HarWriter(Stream output, string creatorVersion)
    {
        _output = output;
        _json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartObject();
        _json.WriteStartObject("log"u8);
        _json.WriteString("version"u8, "1.2"u8);
        _json.WriteStartObject("creator"u8);
        _json.WriteString("name"u8, "netprofiler"u8);
        _json.WriteString("version"u8, creatorVersion);
        _json.WriteEndObject();
        _json.WriteStartArray("pages"u8); // optional in HAR 1.2, but Firefox does not open an archive without it
        _json.WriteEndArray();
        _json.WriteStartArray("entries"u8);
    }

    public async Task WriteAsync(ShownSample sample, CancellationToken cancellation)
    {
        Write(sample);
        if (_json.BytesPending >= FlushBytes) await _json.FlushAsync(cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
        await _json.DisposeAsync().ConfigureAwait(false);
        await _output.FlushAsync().ConfigureAwait(false);
    }

    private void Write(ShownSample sample)
    {
        _json.WriteStartObject();
        // The entry's time is the sum of its timings, so it includes a server's queue time before the exchange.
        long queued = QueuedNanoseconds(sample) ?? 0;
        long started = sample.StartUnixNanoseconds - queued;
        _json.WriteString("startedDateTime"u8, DateTime.UnixEpoch.AddTicks(started / 100).ToString("O", CultureInfo.InvariantCulture));
        _json.WriteNumber("time"u8, Milliseconds(queued + sample.DurationNanoseconds));
        WriteRequest(sample);
        WriteResponse(sample);
        _json.WriteStartObject("cache"u8);
        _json.WriteEndObject();
        WriteTimings(sample);
        string server = sample.Role == EndpointRole.Server ? sample.Local : sample.Remote;
        int port = server.LastIndexOf(':');
        if (port > 0) _json.WriteString("serverIPAddress"u8, server.AsSpan(0, port).Trim("[]"));
        _json.WriteString("connection"u8, $"{sample.Local}-{sample.Remote}");
        _json.WriteString("_process"u8, $"{sample.Process.Name} ({sample.Process.Id})");
        _json.WriteString("_role"u8, sample.Role == EndpointRole.Server ? "server" : "client");
        if (sample.EndedByText.Length > 0) _json.WriteString("_error"u8, sample.EndedByText);
        WriteCopied(sample);
        if (sample.Trace is { } trace) _json.WriteString("_traceId"u8, trace.TraceId);
        if (sample.SampledAsText.Length > 0) _json.WriteString("_sampled"u8, sample.SampledAsText);
        _json.WriteEndObject();
    }

    private void WriteCopied(ShownSample sample)
    {
        if (sample.CopiedFields.IsEmpty) return;
        _json.WriteStartArray("_requestHeaders"u8);
        foreach (var field in sample.CopiedFields) WritePair(field.Name, field.Value);
        _json.WriteEndArray();
    }

    private void WriteRequest(ShownSample sample)
    {
        var request = sample.Request;
        _json.WriteStartObject("request"u8);
        _json.WriteString("method"u8, sample.Method);
        _json.WriteString("url"u8, RequestUrl.Of(sample));
        _json.WriteString("httpVersion"u8, $"HTTP/1.{sample.MinorVersion}");
        WriteFields(request);
        WriteQuery(sample.Target);
        if (request.Body is { } body)
        {
            _json.WriteStartObject("postData"u8);
            _json.WriteString("mimeType"u8, body.ContentType);
            _json.WriteString("text"u8, body.ToText());
            WriteCut(body);
            _json.WriteEndObject();
        }

        WriteSizes(request);
        _json.WriteEndObject();
    }

    private void WriteResponse(ShownSample sample)
    {
        var response = sample.Response;
        _json.WriteStartObject("response"u8);
        _json.WriteNumber("status"u8, sample.Status); // 0, as in browsers: no response began
        _json.WriteString("statusText"u8, sample.Outcome == ExchangeOutcome.Unanswered ? "" : StatusText(response.StartLine));
        _json.WriteString("httpVersion"u8, response.HasContent ? response.StartLine.Split(' ')[0] : $"HTTP/1.{sample.MinorVersion}");
        WriteFields(response);
        _json.WriteStartObject("content"u8);
        _json.WriteNumber("size"u8, response.BodyBytes ?? -1);
        _json.WriteString("mimeType"u8, response.Body?.ContentType ?? FieldOf(response, "Content-Type"));
        if (response.Body is { } body)
        {
            _json.WriteString("text"u8, body.ToText());
            WriteCut(body);
        }

        _json.WriteEndObject();
        _json.WriteString("redirectURL"u8, FieldOf(response, "Location"));
        WriteSizes(response);
        _json.WriteEndObject();
    }

    private void WriteFields(ShownMessage message)
    {
        _json.WriteStartArray("cookies"u8); // they are among the fields, masked
        _json.WriteEndArray();
        _json.WriteStartArray("headers"u8);
        foreach (var field in message.Fields) WritePair(field.Name, field.Value);
        _json.WriteEndArray();
    }

    private void WriteQuery(string target)
    {
        _json.WriteStartArray("queryString"u8);
        int query = target.IndexOf('?');
        string parameters = query < 0 ? "" : target[(query + 1)..];
        foreach (string parameter in parameters.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = parameter.IndexOf('=');
            WritePair(equals < 0 ? parameter : parameter[..equals], equals < 0 ? "" : parameter[(equals + 1)..]);
        }

        _json.WriteEndArray();
    }

    private void WriteSizes(ShownMessage message)
    {
        _json.WriteNumber("headersSize"u8, -1); // unknown: the bytes that frame the content are not counted separately
        _json.WriteNumber("bodySize"u8, message.BodyBytes ?? -1);
        _json.WriteNumber("_transferSize"u8, message.Bytes ?? -1);
    }

    private void WriteTimings(ShownSample sample)
    {
        long send = long.Clamp(sample.Request.EndUnixNanoseconds - sample.StartUnixNanoseconds, 0, sample.DurationNanoseconds);
        long first = long.Clamp(sample.TimeToFirstByteNanoseconds, send, sample.DurationNanoseconds);
        _json.WriteStartObject("timings"u8);
        // -1: not applicable, or unknown
        _json.WriteNumber("blocked"u8, QueuedNanoseconds(sample) is { } queued ? Milliseconds(queued) : -1);
        _json.WriteNumber("send"u8, Milliseconds(send));
        _json.WriteNumber("wait"u8, Milliseconds(first - send));
        _json.WriteNumber("receive"u8, Milliseconds(sample.DurationNanoseconds - first));
        _json.WriteEndObject();
    }

    /// <summary>How long the request waited in a server's socket. Null if unknown.</summary>
    private static long? QueuedNanoseconds(ShownSample sample) =>
        sample.Role == EndpointRole.Server ? sample.Phases.QueueNanoseconds : null;

    private void WritePair(string name, string value)
    {
        _json.WriteStartObject();
        _json.WriteString("name"u8, name);
        _json.WriteString("value"u8, value);
        _json.WriteEndObject();
    }

    private void WriteCut(ShownBody body)
    {
        if (body.IsCut) _json.WriteString("comment"u8, "cut"u8);
    }

    private static string FieldOf(ShownMessage message, string name) =>
        message.Fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "";

    // "HTTP/1.1 404 Not Found"
    private static string StatusText(string statusLine) => statusLine.Split(' ', 3) is [_, _, var reason] ? reason : "";

    private static double Milliseconds(long nanoseconds) => nanoseconds / 1e6;
}
