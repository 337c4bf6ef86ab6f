using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Node.Output;

/// <summary>Writes exchanges as JSON lines into chunks, and passes these to a thread that may block. Ring-buffer thread only.</summary>
/// <param name="copied">Request fields that are copied to every line, if present.</param>
internal sealed class ExchangePrinter(LineOutput output, Redactor redactor, CopiedFields copied) : IDisposable
{
    /// <summary>
    /// Maximum time that a line waits for others. Passing a chunk on costs as much as several lines, which would dominate the cost at a few
    /// exchanges per second.
    /// </summary>
    private const long MaxWaitNanoseconds = 50_000_000;

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // lines are for terminals and tools, not for web pages
        SkipValidation = true,
    };

    private readonly JsonEncodedText[] _copiedNames =
        [.. Enumerable.Range(0, copied.Count).Select(i => JsonEncodedText.Encode(copied.NameOf(i), Options.Encoder))];
    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);
    private readonly ArrayBufferWriter<byte> _chunk = new(LineOutput.ChunkBytes * 2);
    private readonly byte[] _time = new byte[RfcTime.Length];
    private long _wallOffsetNanoseconds;
    private int _lines;
    private long _waitingSince; // 0 if no line waits, or none did at the last check

    public void SetWallOffset(long nanoseconds) => _wallOffsetNanoseconds = nanoseconds;

    public void Print(in Exchange exchange, string? rule, SampledAs sampledAs)
    {
        var connection = exchange.Connection;
        RfcTime.Format(exchange.StartNanoseconds + _wallOffsetNanoseconds, _time);

        _json.Reset(_chunk);
        _json.WriteStartObject();
        _json.WriteString(JsonName.Time, _time);
        WriteEnds(connection);
        WriteRequest(exchange);
        WriteOutcome(exchange);
        WriteTrace(exchange);
        if (rule is not null) _json.WriteString(JsonName.Rule, rule);
        if (sampledAs != SampledAs.None) _json.WriteString(JsonName.Sampled, ShownSample.NameOf(sampledAs));
        JoinJson.Write(_json, exchange.JoinKey, connection.Translated);
        TlsJson.Write(_json, connection.Tls);
        _json.WriteEndObject();
        _json.Flush();
        _chunk.Write("\n"u8);
        _lines++;
        if (_chunk.WrittenCount >= LineOutput.ChunkBytes) Flush();
    }

    private void WriteEnds(ConnectionIdentity connection)
    {
        _json.WriteString(JsonName.Role, connection.Role == EndpointRole.Server ? "server"u8 : "client"u8);
        _json.WriteStartObject(JsonName.Process);
        _json.WriteNumber(JsonName.Pid, connection.Process.Id);
        _json.WriteString(JsonName.Comm, connection.Process.Name);
        _json.WriteEndObject();
        _json.WriteString(JsonName.Local, connection.LocalText);
        _json.WriteString(JsonName.Remote, connection.RemoteText);
        if (connection.ProxiedClient is { } client) _json.WriteString(JsonName.Client, client.ToString());
    }

    private void WriteRequest(in Exchange exchange)
    {
        _json.WriteString(JsonName.Method, exchange.Method);
        if (redactor.MayChange(exchange.Target))
            _json.WriteString(JsonName.Target, redactor.Target(Encoding.UTF8.GetString(exchange.Target)));
        else _json.WriteString(JsonName.Target, exchange.Target);
        if (Redactor.MayChangeHost(exchange.Host))
            _json.WriteString(JsonName.Host, redactor.Field("Host", Encoding.UTF8.GetString(exchange.Host)));
        else if (!exchange.Host.IsEmpty) _json.WriteString(JsonName.Host, exchange.Host);
        if (_copiedNames.Length > 0) WriteCopied(exchange.Request.FieldLines.Of(exchange.RequestHeadBytes));
    }

    private void WriteOutcome(in Exchange exchange)
    {
        if (exchange.Outcome != ExchangeOutcome.Unanswered) _json.WriteNumber(JsonName.Status, exchange.Status);
        _json.WriteString(JsonName.Version, exchange.Request.MinorVersion == 0 ? "1.0"u8 : "1.1"u8);
        EvidenceJson.WriteSizes(_json, exchange.RequestBytes, exchange.RequestBodyBytes, exchange.ResponseBytes,
            exchange.ResponseBodyBytes);
        EvidenceJson.WriteDoubts(_json, exchange.Pairing, exchange.RequestFault, exchange.ResponseFault);
        EvidenceJson.WriteOutcome(_json, exchange.Outcome, exchange.EndedBy);
        _json.WriteNumber(JsonName.DurationMicroseconds, exchange.DurationNanoseconds / 1000);
        if (exchange.Outcome != ExchangeOutcome.Unanswered)
        {
            _json.WriteNumber(JsonName.TimeToFirstByteMicroseconds, exchange.TimeToFirstByteNanoseconds / 1000);
            PhasesJson.Write(_json, exchange.Phases);
        }

        if (exchange.RoundTripMicroseconds > 0) _json.WriteNumber(JsonName.RoundTripMicroseconds, exchange.RoundTripMicroseconds);
        _json.WriteNumber(JsonName.Retransmissions, exchange.Retransmissions);
    }

    /// <summary>Passes on the lines that have waited long enough. Call it periodically.</summary>
    public void FlushAged(long nowNanoseconds)
    {
        if (_lines == 0) return;
        if (_waitingSince == 0) _waitingSince = nowNanoseconds;
        else if (nowNanoseconds - _waitingSince >= MaxWaitNanoseconds) Flush();
    }

    public void Flush()
    {
        _waitingSince = 0;
        if (_lines == 0) return;
        output.Offer(_chunk.WrittenSpan, _lines);
        _chunk.ResetWrittenCount();
        _lines = 0;
    }

    public void Dispose() => _json.Dispose();

    private void WriteCopied(ReadOnlySpan<byte> fieldLines)
    {
        bool isStarted = false;
        for (int i = 0; i < _copiedNames.Length; i++)
        {
            if (!copied.TryFind(i, fieldLines, out var value)) continue;
            if (!isStarted) _json.WriteStartObject(JsonName.RequestHeaders);
            isStarted = true;
            if (copied.IsPlain(i, value, out var shown)) _json.WriteString(_copiedNames[i], shown);
            else _json.WriteString(_copiedNames[i], copied.Show(i, value));
        }

        if (isStarted) _json.WriteEndObject();
    }

    private void WriteTrace(in Exchange exchange)
    {
        var fieldLines = exchange.Request.FieldLines.Of(exchange.RequestHeadBytes);
        if (!TraceContextReader.Default.TryRead(fieldLines, out var context)) return;

        Span<byte> text = stackalloc byte[TraceContext.MaxTextBytes];
        _json.WriteStartObject(JsonName.Trace);
        _json.WriteString(JsonName.System, TraceReference.NameOf(context.Format));
        _json.WriteString(JsonName.TraceId, text[..context.FormatTraceId(fieldLines, text)]);
        _json.WriteString(JsonName.SpanId, text[..context.FormatSpanId(fieldLines, text)]);
        _json.WriteEndObject();
    }
}
