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
/// A sampled request in the form that OAP's rules for network profiling parse (LAL, <c>network-profiling-slow-trace</c>), for its lists of
/// slow, 4xx and 5xx requests.
/// </summary>
internal sealed record ListedRequest(ShownSample Sample, string Reason, ListedProcess Process, ListedProcess? Peer)
{
    /// <summary>OAP applies the rule to this layer, and to those of service meshes.</summary>
    public const string Layer = "K8S_SERVICE";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null if OAP has no list for the request, or does not have the service, which would be added to its services.</summary>
    public static ListedRequest? Of(ShownSample sample, SampleParty party, SkyWalkingNames names)
    {
        string? reason = sample.SampledAs switch
        {
            SampledAs.Slow => "slow",
            SampledAs.ClientError => "status_4xx",
            SampledAs.ServerError => "status_5xx",
            _ => null,
        };
        if (reason is null || sample.Trace is null || !(party.IsApplications || sample.Process.Container is not null)) return null;
        var peer = sample.Peer is { } other && names.Of(other) is { } itsParty ? ListedProcess.Of(other, itsParty) : null;
        return new(sample, reason, ListedProcess.Of(sample.Process, party), peer);
    }

    /// <param name="idOf">Returns OAP's id of a process; empty if it has none.</param>
    public LogData ToLog(Func<ListedProcess, string> idOf)
    {
        var log = new LogData
        {
            Timestamp = (Sample.StartUnixNanoseconds + Sample.DurationNanoseconds) / 1_000_000,
            Service = Process.Party.Service,
            ServiceInstance = Process.Party.Instance,
            Layer = Layer,
            Body = new LogDataBody { Type = "json", Json = new JSONLog { Json = Body(idOf(Process), Peer is null ? "" : idOf(Peer)) } },
            TraceContext = new SkyWalking.TraceContext { TraceId = Sample.Trace!.TraceId },
            Tags = new LogTags(),
        };
        log.Tags.Data.Add(new KeyStringValuePair { Key = "LOG_KIND", Value = "NET_PROFILING_SAMPLED_TRACE" });
        return log;
    }

    private string Body(string processId, string peerId)
    {
        bool isServer = Sample.Role == EndpointRole.Server;
        int query = Sample.Target.IndexOf('?');
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("uri"u8, query < 0 ? Sample.Target : Sample.Target[..query]);
        json.WriteString("reason"u8, Reason);
        json.WriteNumber("latency"u8, Sample.DurationNanoseconds / 1_000_000);
        json.WriteString("trace_provider"u8, Sample.Trace!.Format == TraceFormat.SkyWalking ? "skywalking"u8 : "zipkin"u8);
        WriteProcess(json, isServer ? "server_process"u8 : "client_process"u8, processId, isLocal: true, Sample.Local);
        WriteProcess(json, isServer ? "client_process"u8 : "server_process"u8, peerId, isLocal: Sample.Peer is not null, Sample.Remote);
        json.WriteString("detect_point"u8, isServer ? "server"u8 : "client"u8);
        json.WriteString("component"u8, "http"u8);
        json.WriteBoolean("ssl"u8, Sample.IsTls);
        json.WriteNumber("status"u8, Sample.Status);
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // Without an id, OAP uses a virtual process: one for all local processes, or the one that it finds in Kubernetes for the address.
    private static void WriteProcess(Utf8JsonWriter json, ReadOnlySpan<byte> property, string id, bool isLocal, string address)
    {
        json.WriteStartObject(property);
        json.WriteString("process_id"u8, id);
        json.WriteBoolean("local"u8, isLocal);
        json.WriteString("address"u8, address);
        json.WriteEndObject();
    }
}

/// <summary>A process in OAP's model: part of an instance of a service.</summary>
internal sealed record ListedProcess(SampleParty Party, int ProcessId, string Name, bool IsInContainer)
{
    public static ListedProcess Of(ProcessIdentity process, SampleParty party) =>
        new(party, process.Id, process.Name, process.Container is not null);
}
