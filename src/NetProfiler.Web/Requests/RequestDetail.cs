using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Web.Requests;

/// <summary>Writes one exchange from both ends as JSON, with its content if it was sampled. Times are in microseconds.</summary>
public static class RequestDetail
{
    public static void Write(Utf8JsonWriter json, RequestTable table, in RequestRow row)
    {
        var partner = row.Partner >= 0 ? table.Find(row.Partner) : null;
        var (client, server) = row.Role == EndpointRole.Client ? ((RequestRow?)row, partner) : (partner, row);
        json.WriteStartObject();
        json.WriteNumber("id"u8, row.Id);
        json.WriteString("join"u8, NameOf(row.Join));
        long start = (client ?? server)!.Value.StartNanoseconds;
        json.WriteNumber("start"u8, start / 1000); // since 1970; other times are relative to it
        if (client is { } atClient) WriteEnd(json, "client"u8, atClient, start, table);
        if (server is { } atServer) WriteEnd(json, "server"u8, atServer, start, table);
        if (client is { } one && server is { } other) json.WriteNumber("between"u8, BetweenNanoseconds(one, other) / 1e3);
        json.WriteEndObject();
    }

    /// <summary>
    /// The part of the client's wait that is neither the server's application nor its queue: the network, and both kernels.
    /// </summary>
    public static long BetweenNanoseconds(in RequestRow client, in RequestRow server) =>
        client.DurationNanoseconds - server.DurationNanoseconds - (server.Phases.QueueNanoseconds ?? 0);

    private static string NameOf(JoinState state) => state switch
    {
        JoinState.Joined => "joined",
        JoinState.Ambiguous => "ambiguous",
        JoinState.NoKey => "noKey",
        _ => "alone",
    };

    private static void WriteEnd(Utf8JsonWriter json, ReadOnlySpan<byte> name, in RequestRow row, long start, RequestTable table)
    {
        json.WriteStartObject(name);
        json.WriteNumber("id"u8, row.Id);
        json.WriteNumber("start"u8, (row.StartNanoseconds - start) / 1e3);
        json.WriteNumber("duration"u8, row.DurationNanoseconds / 1e3);
        var sample = row.Sample == 0 ? null : table.Samples.Find(row.Sample);
        json.WriteString("content"u8, row.Sample == 0 ? "notSampled" : sample is null ? "dropped" : "kept");
        if (sample is not null) WriteSample(json, sample, start);
        json.WriteEndObject();
    }

    private static void WriteSample(Utf8JsonWriter json, ShownSample sample, long start)
    {
        if (sample.Trace is { } trace)
        {
            json.WriteStartObject("trace"u8);
            json.WriteString("system"u8, trace.System);
            json.WriteString("traceId"u8, trace.TraceId);
            json.WriteString("spanId"u8, trace.SpanId);
            json.WriteEndObject();
        }

        if (sample.ProxiedClient is { } client) json.WriteString("proxiedClient"u8, client);
        json.WriteStartArray("calls"u8);
        WriteCalls(json, "request"u8, sample.Request, start);
        WriteCalls(json, "response"u8, sample.Response, start);
        json.WriteEndArray();
        json.WriteNumber("callsNotKept"u8, sample.Request.CallsNotKept + sample.Response.CallsNotKept);
        WriteMessage(json, "request"u8, sample.Request);
        WriteMessage(json, "response"u8, sample.Response);
        json.WriteString("curl"u8, CurlCommand.Of(sample));
    }

    private static void WriteCalls(Utf8JsonWriter json, ReadOnlySpan<byte> name, ShownMessage message, long start)
    {
        foreach (var call in message.Calls)
        {
            json.WriteStartObject();
            json.WriteString("message"u8, name);
            json.WriteString("call"u8, call.Call.ToString().ToLowerInvariant());
            json.WriteNumber("bytes"u8, call.Bytes);
            json.WriteNumber("start"u8, (call.StartUnixNanoseconds - start) / 1e3);
            json.WriteNumber("end"u8, (call.EndUnixNanoseconds - start) / 1e3);
            json.WriteEndObject();
        }
    }

    private static void WriteMessage(Utf8JsonWriter json, ReadOnlySpan<byte> name, ShownMessage message)
    {
        if (!message.HasContent) return;
        json.WriteStartObject(name);
        json.WriteString("startLine"u8, message.StartLine);
        json.WriteStartArray("fields"u8);
        foreach (var field in message.Fields)
        {
            json.WriteStartArray();
            json.WriteStringValue(field.Name);
            json.WriteStringValue(field.Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (message.Body is { } body)
        {
            json.WriteString("body"u8, body.ToText());
            json.WriteBoolean("isText"u8, body.Text is not null);
        }

        json.WriteBoolean("isCut"u8, message.IsHeadCut || message.Body is { IsCut: true });
        json.WriteEndObject();
    }
}
