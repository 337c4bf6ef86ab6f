using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// A sampled request as OAP's own rules for network profiling read it (LAL, <c>network-profiling-slow-trace</c>), for its lists of slow, 4xx
/// and 5xx requests.
/// </summary>
internal static class SampledRequestLog
{
    /// <summary>OAP has the rule for this layer, and for those of service meshes.</summary>
    private const string Layer = "K8S_SERVICE";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null: OAP has no list for it, or its service is not one that OAP knows, and would be added to it.</summary>
    public static LogData? Of(ShownSample sample, SampleParty party)
    {
        string? reason = sample.SampledAs switch
        {
            SampledAs.Slow => "slow",
            SampledAs.ClientError => "status_4xx",
            SampledAs.ServerError => "status_5xx",
            _ => null,
        };
        if (reason is null || sample.Trace is not { } trace || !(party.IsApplications || sample.Process.Container is not null)) return null;

        var log = new LogData
        {
            Timestamp = (sample.StartUnixNanoseconds + sample.DurationNanoseconds) / 1_000_000,
            Service = party.Service,
            ServiceInstance = party.Instance,
            Layer = Layer,
            Body = new LogDataBody { Type = "json", Json = new JSONLog { Json = Body(sample, trace, reason) } },
            TraceContext = new SkyWalking.TraceContext { TraceId = trace.TraceId },
            Tags = new LogTags(),
        };
        log.Tags.Data.Add(new KeyStringValuePair { Key = "LOG_KIND", Value = "NET_PROFILING_SAMPLED_TRACE" });
        return log;
    }

    private static string Body(ShownSample sample, TraceReference trace, string reason)
    {
        bool isServer = sample.Role == EndpointRole.Server;
        int query = sample.Target.IndexOf('?');
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("uri"u8, query < 0 ? sample.Target : sample.Target[..query]);
        json.WriteString("reason"u8, reason);
        json.WriteNumber("latency"u8, sample.DurationNanoseconds / 1_000_000);
        json.WriteString("trace_provider"u8, trace.Format == TraceFormat.SkyWalking ? "skywalking"u8 : "zipkin"u8);
        WriteProcess(json, "client_process"u8, sample, isOurs: !isServer);
        WriteProcess(json, "server_process"u8, sample, isOurs: isServer);
        json.WriteString("detect_point"u8, isServer ? "server"u8 : "client"u8);
        json.WriteString("component"u8, "http"u8);
        json.WriteBoolean("ssl"u8, sample.IsTls);
        json.WriteNumber("status"u8, sample.Status);
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // Without an identity OAP has a virtual process: one for all of this instance, or one for each address.
    private static void WriteProcess(Utf8JsonWriter json, ReadOnlySpan<byte> property, ShownSample sample, bool isOurs)
    {
        json.WriteStartObject(property);
        json.WriteString("process_id"u8, ""u8);
        json.WriteBoolean("local"u8, isOurs);
        json.WriteString("address"u8, isOurs ? sample.Local : sample.Remote);
        json.WriteEndObject();
    }
}
