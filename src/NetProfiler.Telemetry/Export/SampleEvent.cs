using System.Globalization;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>One thing that happened within a sampled exchange, in the words that all collectors get. Times are nanoseconds since 1970.</summary>
internal sealed record SampleEvent(string Name, long StartUnixNanoseconds, long EndUnixNanoseconds, IReadOnlyList<(string Key, string Value)> Tags)
{
    public const string RequestName = "HTTP Request Sampling";
    public const string ResponseName = "HTTP Response Sampling";

    /// <summary>The two messages, or the request alone where no response was begun, then the socket calls of each.</summary>
    public static IReadOnlyList<SampleEvent> Of(ShownSample sample) =>
    [
        Message(sample, sample.Request, isRequest: true),
        .. sample.Outcome == ExchangeOutcome.Unanswered ? (SampleEvent[])[] : [Message(sample, sample.Response, isRequest: false)],
        .. sample.Request.Calls.Select(call => Call(sample, call)),
        .. sample.Response.Calls.Select(call => Call(sample, call)),
    ];

    public bool IsMessage => Name is RequestName or ResponseName;

    // The first eight are what SkyWalking's own agent sends; OAP finds the side of the span by data_type and data_direction.
    private static SampleEvent Message(ShownSample sample, ShownMessage message, bool isRequest)
    {
        bool isInbound = isRequest == (sample.Role == EndpointRole.Server);
        List<(string, string)> tags =
        [
            ("data_type", isRequest ? "request" : "response"),
            ("data_direction", isInbound ? "inbound" : "outbound"),
            ("data_size", message.Bytes is { } bytes ? SizeText.Of(bytes) : "unknown"),
            ("connection_role", sample.Role == EndpointRole.Server ? "server" : "client"),
            ("service_name", sample.Process.Name),
            ("service_instance_name", sample.Local),
            ("process_name", sample.Process.Name),
        ];
        if (message.HasContent) tags.Add(("data_content", message.ToText()));

        tags.Add(("process_id", Number(sample.Process.Id)));
        tags.Add(("local_address", sample.Local));
        tags.Add(("remote_address", sample.Remote));
        if (sample.Peer is { } peer)
        {
            tags.Add(("remote_process_name", peer.Name));
            tags.Add(("remote_process_id", Number(peer.Id)));
        }

        tags.Add(("http_method", sample.Method));
        tags.Add(("http_target", sample.Target));
        if (isRequest) tags.AddRange(sample.CopiedFields.Select(field => ($"http.request.header.{field.Name}", field.Value)));
        if (sample.Outcome == ExchangeOutcome.Unanswered) tags.Add(("duration_us", Number(sample.DurationNanoseconds / 1000)));
        if (sample.EndedByText.Length > 0) tags.Add(("error_type", sample.EndedByText));
        if (!isRequest)
        {
            tags.Add(("http_status_code", Number(sample.Status)));
            tags.Add(("duration_us", Number(sample.DurationNanoseconds / 1000)));
            tags.Add(("time_to_first_byte_us", Number(sample.TimeToFirstByteNanoseconds / 1000)));
            AddPhases(tags, sample.Phases);
            if (sample.RoundTripMicroseconds > 0) tags.Add(("tcp_round_trip_us", Number(sample.RoundTripMicroseconds)));
            tags.Add(("tcp_retransmissions", Number(sample.Retransmissions)));
        }

        if (message.Body is { IsCut: true } || message.IsHeadCut) tags.Add(("data_cut", "true"));
        if (message.CallsNotKept > 0) tags.Add(("socket_calls_not_kept", Number(message.CallsNotKept)));
        if (sample.Task is { } task) tags.Add(("task", task));
        if (sample.Rule is { } rule) tags.Add(("rule", rule));
        if (sample.SampledAsText.Length > 0) tags.Add(("sampled", sample.SampledAsText));
        return new SampleEvent(isRequest ? RequestName : ResponseName, message.StartUnixNanoseconds, message.EndUnixNanoseconds, tags);
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

    private static SampleEvent Call(ShownSample sample, SampledCall call) =>
        new($"Syscall {NameOf(call.Call)}", call.StartUnixNanoseconds, call.EndUnixNanoseconds,
        [
            ("package_size", SizeText.Of(call.Bytes)),
            ("data_direction", call.Direction == Direction.Ingress ? "inbound" : "outbound"),
            ("process_name", sample.Process.Name),
        ]);

    // SkyWalking's spelling.
    private static string NameOf(SocketCall call) => call switch
    {
        SocketCall.ReadV => "Readv",
        SocketCall.RecvFrom => "Recvfrom",
        SocketCall.RecvMMsg => "RecvMMsg",
        SocketCall.WriteV => "Writev",
        SocketCall.SendTo => "Sendto",
        SocketCall.SendMMsg => "SendMMSg",
        _ => call.ToString(),
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Bytes for people, in binary units: 512B, 1.5KiB.</summary>
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
