using System.Globalization;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>One event within a sampled exchange, in the terms that all collectors receive. Times are nanoseconds since 1970.</summary>
/// <param name="IsMessage">Whether this is one of the two messages; otherwise it is a socket call.</param>
internal sealed record SampleEvent(
    string Name, long StartUnixNanoseconds, long EndUnixNanoseconds, bool IsMessage, bool IsRequest,
    IReadOnlyList<(string Key, string Value)> Tags)
{
    public const string RequestName = "HTTP Request Sampling";
    public const string ResponseName = "HTTP Response Sampling";

    /// <summary>The two messages, or only the request if no response began, followed by the socket calls of each.</summary>
    public static IReadOnlyList<SampleEvent> Of(ShownSample sample) => Of(sample, SampleParty.Of(sample));

    public static IReadOnlyList<SampleEvent> Of(ShownSample sample, SampleParty whose)
    {
        var party = PartyTags(sample, whose);
        return
        [
            Message(sample, sample.Request, party, isRequest: true),
            .. sample.Outcome == ExchangeOutcome.Unanswered ? (SampleEvent[])[]
                : [Message(sample, sample.Response, party, isRequest: false)],
            .. sample.Request.Calls.Select(call => Call(sample, call, party, isRequest: true)),
            .. sample.Response.Calls.Select(call => Call(sample, call, party, isRequest: false)),
        ];
    }

    /// <summary>The side of the connection whose view the sample is.</summary>
    public static string SideOf(ShownSample sample) => sample.Role == EndpointRole.Server ? "server" : "client";

    // The tags that SkyWalking's own agent adds to each event.
    private static (string, string)[] PartyTags(ShownSample sample, SampleParty party)
    {
        List<(string, string)> tags =
        [
            ("connection_role", SideOf(sample)),
            ("service_name", party.Service),
            ("service_instance_name", party.Instance),
            ("process_name", sample.Process.Name),
            ("process_id", Number(sample.Process.Id)),
        ];
        if (sample.Process.Container is { } container)
        {
            tags.Add(("k8s_namespace", container.Namespace));
            tags.Add(("k8s_pod", container.PodName));
            tags.Add(("k8s_container", container.Name));
            if (container.Workload is { } workload) tags.Add(("k8s_workload", workload));
            if (sample.NodeName is { } node) tags.Add(("k8s_node", node));
        }

        if (sample.Connection != 0) tags.Add(("connection_id", sample.Connection.ToString(CultureInfo.InvariantCulture)));
        return [.. tags];
    }

    // OAP determines the side of a span by data_type and data_direction of the first event of the span that it receives.
    private static (string, string)[] SideTags(ShownSample sample, bool isRequest) =>
    [
        ("data_type", isRequest ? "request" : "response"),
        ("data_direction", isRequest == (sample.Role == EndpointRole.Server) ? "inbound" : "outbound"),
    ];

    private static SampleEvent Message(ShownSample sample, ShownMessage message, (string, string)[] party, bool isRequest)
    {
        List<(string, string)> tags =
        [
            .. SideTags(sample, isRequest),
            ("data_size", message.Bytes is { } bytes ? SizeText.Of(bytes) : "unknown"),
            .. party,
        ];
        if (message.HasContent) tags.Add(("data_content", message.ToText()));
        tags.Add(("local_address", sample.Local));
        tags.Add(("remote_address", sample.Remote));
        if (sample.Peer is { } peer)
        {
            tags.Add(("remote_process_name", peer.Name));
            tags.Add(("remote_process_id", Number(peer.Id)));
        }

        AddRemoteParty(tags, sample);
        tags.Add(("http_method", sample.Method));
        tags.Add(("http_target", sample.Target));
        if (isRequest) tags.AddRange(sample.CopiedFields.Select(field => ($"http.request.header.{field.Name}", field.Value)));
        if (sample.Outcome == ExchangeOutcome.Unanswered) tags.Add(("duration_us", Number(sample.DurationNanoseconds / 1000)));
        if (sample.EndedByText.Length > 0) tags.Add(("error_type", sample.EndedByText));
        if (!isRequest) AddOutcome(tags, sample);
        if (message.Body is { IsCut: true } || message.IsHeadCut) tags.Add(("data_cut", "true"));
        if (message.CallsNotKept > 0) tags.Add(("socket_calls_not_kept", Number(message.CallsNotKept)));
        if (sample.Task is { } task) tags.Add(("task", task));
        if (sample.Rule is { } rule) tags.Add(("rule", rule));
        if (sample.SampledAsText.Length > 0) tags.Add(("sampled", sample.SampledAsText));

        // A read may have begun long before the exchange that it delivered.
        long start = long.Max(message.StartUnixNanoseconds, sample.StartUnixNanoseconds);
        long end = long.Max(start, message.EndUnixNanoseconds);
        return new SampleEvent(isRequest ? RequestName : ResponseName, start, end, IsMessage: true, isRequest, tags);
    }

    private static void AddRemoteParty(List<(string, string)> tags, ShownSample sample)
    {
        if (sample.RemoteParty is not { Kind: not PartyKind.External } remote) return;
        tags.Add(("remote_service_name", remote.Name[(remote.Name.LastIndexOf('/') + 1)..]));
        tags.Add(("remote_kind", remote.KindLabel));
        if (remote.Namespace is { } name) tags.Add(("remote_k8s_namespace", name));
        if (remote.Kind == PartyKind.Workload) tags.Add(("remote_k8s_workload", remote.Name));
        if (sample.Peer?.Container is not { } container) return;
        tags.Add(("remote_k8s_pod", container.PodName));
        tags.Add(("remote_k8s_container", container.Name));
    }

    private static void AddOutcome(List<(string, string)> tags, ShownSample sample)
    {
        tags.Add(("http_status_code", Number(sample.Status)));
        tags.Add(("duration_us", Number(sample.DurationNanoseconds / 1000)));
        tags.Add(("time_to_first_byte_us", Number(sample.TimeToFirstByteNanoseconds / 1000)));
        AddPhases(tags, sample.Phases);
        if (sample.RoundTripMicroseconds > 0) tags.Add(("tcp_round_trip_us", Number(sample.RoundTripMicroseconds)));
        tags.Add(("tcp_retransmissions", Number(sample.Retransmissions)));
    }

    private static void AddPhases(List<(string, string)> tags, in ExchangePhases phases)
    {
        if (phases.Role == EndpointRole.Unknown) return;

        void Add(string name, long nanoseconds) => tags.Add(($"phase_{name}_us", Number(nanoseconds / 1000)));
        if (phases.QueueNanoseconds is { } queue) Add("queue", queue);
        Add("receive", phases.ReceiveNanoseconds);
        if (phases.Role == EndpointRole.Server)
        {
            Add("application", phases.ApplicationNanoseconds);
            Add("write", phases.WriteNanoseconds);
        }
        else
        {
            Add("send", phases.SendNanoseconds);
            Add("wait", phases.WaitNanoseconds);
        }
    }

    // The round-trip time is that of the connection at the end of the exchange, in SkyWalking's unit.
    private static SampleEvent Call(ShownSample sample, SampledCall call, (string, string)[] party, bool isRequest)
    {
        List<(string, string)> tags = [.. SideTags(sample, isRequest), ("package_size", SizeText.Of(call.Bytes)), .. party];
        if (sample.RoundTripMicroseconds > 0) tags.Add(("avg_rtt_time", $"{Number(sample.RoundTripMicroseconds * 1000L)}ns"));
        string name = call.Call is SocketCall.SslRead or SocketCall.SslWrite ? NameOf(call.Call) : $"Syscall {NameOf(call.Call)}";
        return new SampleEvent(name, call.StartUnixNanoseconds, call.EndUnixNanoseconds, false, isRequest, tags);
    }

    // SkyWalking's spelling.
    private static string NameOf(SocketCall call) => call switch
    {
        SocketCall.ReadV => "Readv",
        SocketCall.RecvFrom => "Recvfrom",
        SocketCall.RecvMMsg => "RecvMMsg",
        SocketCall.WriteV => "Writev",
        SocketCall.SendTo => "Sendto",
        SocketCall.SendMMsg => "SendMMSg",
        SocketCall.SslRead => "SSL_read",
        SocketCall.SslWrite => "SSL_write",
        _ => call.ToString(),
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Formats sizes for display, in binary units: 512B, 1.5KiB.</summary>
internal static class SizeText
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    public static string Of(long bytes)
    {
        if (bytes < 1024) return $"{bytes}B";
        double size = bytes / 1024.0;
        int unit = 0;
        for (; size >= 1024 && unit < Units.Length - 1; unit++) size /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(size, 1)}{Units[unit]}");
    }
}
