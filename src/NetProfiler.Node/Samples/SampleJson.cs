using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Node.Output;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Samples;

/// <summary>A sample as JSON: the line of an exchange, with the content of both messages. One thread at a time.</summary>
internal sealed class SampleJson : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly byte[] _time = new byte[RfcTime.Length];

    /// <summary>One line, including its end; valid until the next call.</summary>
    public ReadOnlyMemory<byte> LineOf(ShownSample sample)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        RfcTime.Format(sample.StartUnixNanoseconds, _time);
        _json.WriteStartObject();
        WriteEnds(sample);
        WriteRequest(sample);
        WriteOutcome(sample);
        WriteSampling(sample);
        WriteTransfers(sample);
        WriteMessage("request"u8, sample.Request);
        WriteMessage("response"u8, sample.Response);
        _json.WriteString("curl"u8, CurlCommand.Of(sample));
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        return _line.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private void WriteEnds(ShownSample sample)
    {
        _json.WriteString("id"u8, sample.Id.ToString());
        _json.WriteString("time"u8, _time);
        _json.WriteString("role"u8, sample.Role == EndpointRole.Server ? "server"u8 : "client"u8);
        WriteProcess("process"u8, sample.Process);
        if (sample.Peer is { } peer) WriteProcess("peer"u8, peer);
        _json.WriteString("local"u8, sample.Local);
        _json.WriteString("remote"u8, sample.Remote);
        if (sample.ProxiedClient is { } client) _json.WriteString("client"u8, client);
    }

    private void WriteRequest(ShownSample sample)
    {
        _json.WriteString("method"u8, sample.Method);
        _json.WriteString("target"u8, sample.Target);
        if (sample.Host is { Length: > 0 } host) _json.WriteString("host"u8, host);
        if (!sample.CopiedFields.IsEmpty)
        {
            _json.WriteStartObject("requestHeaders"u8);
            foreach (var field in sample.CopiedFields) _json.WriteString(field.Name, field.Value);
            _json.WriteEndObject();
        }
    }

    private void WriteOutcome(ShownSample sample)
    {
        if (sample.Outcome != ExchangeOutcome.Unanswered) _json.WriteNumber("status"u8, sample.Status);
        _json.WriteString("version"u8, sample.MinorVersion == 0 ? "1.0"u8 : "1.1"u8);
        EvidenceJson.WriteSizes(_json, sample.Request.Bytes, sample.Request.BodyBytes, sample.Response.Bytes, sample.Response.BodyBytes);
        EvidenceJson.WriteDoubts(_json, sample.Pairing, sample.RequestFault, sample.ResponseFault);
        EvidenceJson.WriteOutcome(_json, sample.Outcome, sample.EndedBy);
        _json.WriteNumber("durationMicroseconds"u8, sample.DurationNanoseconds / 1000);
        if (sample.Outcome != ExchangeOutcome.Unanswered)
        {
            _json.WriteNumber("timeToFirstByteMicroseconds"u8, sample.TimeToFirstByteNanoseconds / 1000);
            PhasesJson.Write(_json, sample.Phases);
        }

        if (sample.RoundTripMicroseconds > 0) _json.WriteNumber("roundTripMicroseconds"u8, sample.RoundTripMicroseconds);
        _json.WriteNumber("retransmissions"u8, sample.Retransmissions);
    }

    private void WriteSampling(ShownSample sample)
    {
        if (sample.Trace is { } trace)
        {
            _json.WriteStartObject("trace"u8);
            _json.WriteString("system"u8, trace.System);
            _json.WriteString("traceId"u8, trace.TraceId);
            _json.WriteString("spanId"u8, trace.SpanId);
            _json.WriteEndObject();
        }

        if (sample.Task is { } task) _json.WriteString("task"u8, task);
        if (sample.Rule is { } rule) _json.WriteString("rule"u8, rule);
        _json.WriteString("sampled"u8, sample.SampledAsText);
        TlsJson.Write(_json, sample.Tls);
        JoinJson.Write(_json, sample.JoinKey, sample.Translated);
    }

    private void WriteProcess(ReadOnlySpan<byte> name, ProcessIdentity process)
    {
        _json.WriteStartObject(name);
        _json.WriteNumber("pid"u8, process.Id);
        _json.WriteString("comm"u8, process.Name);
        _json.WriteEndObject();
    }

    // Known even if the rule does not collect content.
    private void WriteTransfers(ShownSample sample)
    {
        _json.WriteStartObject("transfers"u8);
        WriteTransfer("request"u8, sample.Request);
        WriteTransfer("response"u8, sample.Response);
        _json.WriteEndObject();
    }

    private void WriteTransfer(ReadOnlySpan<byte> name, ShownMessage message)
    {
        _json.WriteStartObject(name);
        WriteTime("start"u8, message.StartUnixNanoseconds);
        WriteTime("end"u8, message.EndUnixNanoseconds);
        _json.WriteStartArray("calls"u8);
        foreach (var call in message.Calls)
        {
            _json.WriteStartObject();
            _json.WriteString("call"u8, NameOf(call.Call));
            _json.WriteNumber("bytes"u8, call.Bytes);
            WriteTime("start"u8, call.StartUnixNanoseconds);
            WriteTime("end"u8, call.EndUnixNanoseconds);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        if (message.CallsNotKept > 0) _json.WriteNumber("callsNotKept"u8, message.CallsNotKept);
        _json.WriteEndObject();
    }

    private static string NameOf(SocketCall call) => call switch
    {
        SocketCall.SslRead => "SSL_read",
        SocketCall.SslWrite => "SSL_write",
        _ => call.ToString().ToLowerInvariant(),
    };

    private void WriteTime(ReadOnlySpan<byte> name, long unixNanoseconds)
    {
        RfcTime.Format(unixNanoseconds, _time);
        _json.WriteString(name, _time);
    }

    private void WriteMessage(ReadOnlySpan<byte> name, ShownMessage message)
    {
        if (!message.HasContent) return;
        _json.WriteStartObject(name);
        _json.WriteString("startLine"u8, message.StartLine);
        _json.WriteStartArray("headers"u8);
        foreach (var field in message.Fields)
        {
            _json.WriteStartObject();
            _json.WriteString("name"u8, field.Name);
            _json.WriteString("value"u8, field.Value);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        if (message.Body?.Text is { } text) _json.WriteString("body"u8, text);
        else if (message.Body?.Summary is { } summary) _json.WriteString("bodySummary"u8, summary);
        _json.WriteBoolean("truncated"u8, message.IsHeadCut || message.Body is { IsCut: true });
        _json.WriteEndObject();
    }
}
