using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Node.Output;

/// <summary>Writes exchanges as JSON lines into chunks and hands these to a thread that may wait. Ring-buffer thread only.</summary>
internal sealed class ExchangePrinter(LineOutput output, Redactor redactor) : IDisposable
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // lines are for terminals and tools, not for web pages
        SkipValidation = true,
    };

    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);
    private readonly ArrayBufferWriter<byte> _chunk = new(LineOutput.ChunkBytes * 2);
    private readonly byte[] _time = new byte[RfcTime.Length];
    private long _wallOffsetNanoseconds;
    private int _lines;

    public void SetWallOffset(long nanoseconds) => _wallOffsetNanoseconds = nanoseconds;

    public void Print(in Exchange exchange, string? rule, SampledAs sampledAs)
    {
        var connection = exchange.Connection;
        RfcTime.Format(exchange.StartNanoseconds + _wallOffsetNanoseconds, _time);

        _json.Reset(_chunk);
        _json.WriteStartObject();
        _json.WriteString("time"u8, _time);
        _json.WriteString("role"u8, connection.Role == EndpointRole.Server ? "server"u8 : "client"u8);
        _json.WriteStartObject("process"u8);
        _json.WriteNumber("pid"u8, connection.Process.Id);
        _json.WriteString("comm"u8, connection.Process.Name);
        _json.WriteEndObject();
        _json.WriteString("local"u8, connection.LocalText);
        _json.WriteString("remote"u8, connection.RemoteText);
        if (connection.ProxiedClient is { } client) _json.WriteString("client"u8, client.ToString());
        _json.WriteString("method"u8, exchange.Method);
        if (redactor.MayChange(exchange.Target)) _json.WriteString("target"u8, redactor.Target(Encoding.UTF8.GetString(exchange.Target)));
        else _json.WriteString("target"u8, exchange.Target);
        if (!exchange.Host.IsEmpty) _json.WriteString("host"u8, exchange.Host);
        _json.WriteNumber("status"u8, exchange.Status);
        _json.WriteString("version"u8, exchange.Request.MinorVersion == 0 ? "1.0"u8 : "1.1"u8);
        EvidenceJson.WriteSizes(_json, exchange.RequestBytes, exchange.RequestBodyBytes, exchange.ResponseBytes, exchange.ResponseBodyBytes);
        EvidenceJson.WriteDoubts(_json, exchange.Pairing, exchange.RequestFault, exchange.ResponseFault);
        _json.WriteNumber("durationMicroseconds"u8, exchange.DurationNanoseconds / 1000);
        _json.WriteNumber("timeToFirstByteMicroseconds"u8, exchange.TimeToFirstByteNanoseconds / 1000);
        PhasesJson.Write(_json, exchange.Phases);
        if (exchange.RoundTripMicroseconds > 0) _json.WriteNumber("roundTripMicroseconds"u8, exchange.RoundTripMicroseconds);
        _json.WriteNumber("retransmissions"u8, exchange.Retransmissions);
        WriteTrace(exchange);
        if (rule is not null) _json.WriteString("rule"u8, rule);
        if (sampledAs != SampledAs.None) _json.WriteString("sampled"u8, NameOf(sampledAs));
        _json.WriteBoolean("tls"u8, false);
        _json.WriteEndObject();
        _json.Flush();
        _chunk.Write("\n"u8);
        _lines++;
        if (_chunk.WrittenCount >= LineOutput.ChunkBytes) Flush();
    }

    public void Flush()
    {
        if (_lines == 0) return;
        output.Offer(_chunk.WrittenSpan, _lines);
        _chunk.ResetWrittenCount();
        _lines = 0;
    }

    public void Dispose() => _json.Dispose();

    private void WriteTrace(in Exchange exchange)
    {
        var fieldLines = exchange.Request.FieldLines.Of(exchange.RequestHeadBytes);
        if (!TraceContextReader.Default.TryRead(fieldLines, out var context)) return;

        Span<byte> text = stackalloc byte[TraceContext.MaxTextBytes];
        _json.WriteStartObject("trace"u8);
        _json.WriteString("system"u8, TraceReference.NameOf(context.Format));
        _json.WriteString("traceId"u8, text[..context.FormatTraceId(fieldLines, text)]);
        _json.WriteString("spanId"u8, text[..context.FormatSpanId(fieldLines, text)]);
        _json.WriteEndObject();
    }

    public static string NameOf(SampledAs reason) => reason switch
    {
        SampledAs.ServerError => "server-error",
        SampledAs.ClientError => "client-error",
        SampledAs.Slow => "slow",
        _ => "",
    };
}
