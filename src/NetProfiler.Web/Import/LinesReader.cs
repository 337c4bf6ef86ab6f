using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Web.Requests;

namespace NetProfiler.Web.Import;

/// <summary>Parses a line of <c>--output json</c>: an exchange, or a sample with its content (docs/samples.md).</summary>
internal static class LinesReader
{
    /// <summary>False if the line is not an exchange.</summary>
    public static bool TryRead(JsonElement line, FileResults results, Redactor redactor)
    {
        if (line.TextOf("role") is not ("server" or "client") || Time(line.TextOf("time")) is not { } start
            || line.TextOf("method") is not { } method)
            return false;
        var made = new ImportedSample(redactor);
        var row = Row(line, start, method, made);
        if (line.ObjectOf("request") is not null || line.ObjectOf("response") is not null || line.ObjectOf("transfers") is not null)
        {
            ImportedSample.Keep(results, ref row, Message(line, "request", row.Role == EndpointRole.Server, made),
                Message(line, "response", row.Role != EndpointRole.Server, made), null);
        }

        results.Add(ref row, Key(line, row));
        return true;
    }

    private static RequestRow Row(JsonElement line, long start, string method, ImportedSample made)
    {
        bool isServer = line.TextOf("role") == "server";
        var process = line.ObjectOf("process");
        var phases = line.ObjectOf("phases");
        long Micro(string name) => phases is { } one && one.NumberOf(name, -1) is >= 0 and var number ? (long)(number * 1000) : -1;
        long duration = (long)(long.Max(0, (long)line.NumberOf("durationMicroseconds", 0)) * 1000);
        string remote = line.TextOf("remote") ?? "";
        return new RequestRow
        {
            StartNanoseconds = start,
            DurationNanoseconds = duration,
            TimeToFirstByteNanoseconds = (long)line.NumberOf("timeToFirstByteMicroseconds", 0) * 1000,
            Phases = phases is null ? default
                : isServer ? ImportedSample.Phases(true, start, duration, Micro("queueMicroseconds"),
                    long.Max(0, Micro("receiveMicroseconds")), long.Max(0, Micro("applicationMicroseconds")))
                : ImportedSample.Phases(false, start, duration, Micro("queueMicroseconds"), long.Max(0, Micro("sendMicroseconds")),
                    long.Max(0, Micro("waitMicroseconds"))),
            Role = isServer ? EndpointRole.Server : EndpointRole.Client,
            Status = (int)line.NumberOf("status", 0),
            ProcessId = process is { } known ? (int)known.NumberOf("pid", 0) : 0,
            Process = process?.TextOf("comm") ?? "",
            Peer = line.ObjectOf("peer")?.TextOf("comm") ?? (remote.LastIndexOf(':') is > 0 and var at ? remote[..at] : remote),
            Method = method,
            Target = made.Target(line.TextOf("target") ?? ""),
            Host = line.TextOf("host") ?? "",
            Local = line.TextOf("local") ?? "",
            Remote = remote,
            Rule = line.TextOf("rule") ?? "",
            RequestBytes = Size(line, "requestBytes"),
            ResponseBytes = Size(line, "responseBytes"),
            RoundTripMicroseconds = (uint)double.Clamp(line.NumberOf("roundTripMicroseconds", 0), 0, uint.MaxValue),
            Retransmissions = (uint)double.Clamp(line.NumberOf("retransmissions", 0), 0, uint.MaxValue),
            SampledAs = line.TextOf("sampled") switch { "server-error" => SampledAs.ServerError, "client-error" => SampledAs.ClientError,
                "slow" => SampledAs.Slow,
                "unanswered" => SampledAs.Unanswered, "incomplete" => SampledAs.Incomplete, _ => SampledAs.None },
            Outcome = line.TextOf("outcome") == "unanswered" ? ExchangeOutcome.Unanswered : line.TextOf("incomplete") is null
                ? ExchangeOutcome.Complete : ExchangeOutcome.Incomplete,
            EndedBy = ImportedSample.EndedByOf(line.TextOf("incomplete") ?? line.TextOf("reason")),
            Headers = line.ObjectOf("requestHeaders") is { } copied ? made.Headers(copied) : null,
            Pairing = line.TextOf("pairing") == "assumed" ? PairingClass.Assumed : default,
        };
    }

    private static ShownMessage Message(JsonElement line, string name, bool isIngress, ImportedSample made)
    {
        ImmutableArray<SampledCall> calls = line.ObjectOf("transfers")?.ObjectOf(name) is { } transfer
            ? [.. transfer.ItemsOf("calls").Take(SampledMessage.MaxCalls).Select(call => Call(call, isIngress))] : [];
        if (line.ObjectOf(name) is not { } message) return ImportedSample.Nothing with { Calls = calls };
        bool isCut = message.TryGetProperty("truncated", out var truncated) && truncated.ValueKind == JsonValueKind.True;
        string startLine = message.TextOf("startLine") ?? "";
        // The target in the start line of a request is masked like that of the row.
        if (name == "request" && startLine.Split(' ') is [var method, var target, var version])
            startLine = $"{method} {made.Target(target)} {version}";
        return made.Message(
            startLine, message.ItemsOf("headers").Select(field => (field.TextOf("name") ?? "", field.TextOf("value") ?? "")),
            message.TextOf("body") ?? message.TextOf("bodySummary"), isCut, calls);
    }

    private static SampledCall Call(JsonElement call, bool isIngress) => new(
        Enum.TryParse<SocketCall>(call.TextOf("call"), ignoreCase: true, out var kind) ? kind : SocketCall.None,
        isIngress ? Direction.Ingress : Direction.Egress,
        (long)call.NumberOf("bytes", 0), Time(call.TextOf("start")) ?? 0, Time(call.TextOf("end")) ?? 0);

    private static JoinKey? Key(JsonElement line, in RequestRow row)
    {
        if (line.ObjectOf("join") is not { } join) return null;
        if (Address(join.TextOf("local") ?? row.Local) is not { } local || Address(join.TextOf("remote") ?? row.Remote) is not { } remote)
            return null;
        var (client, server) = row.Role == EndpointRole.Client ? (local, remote) : (remote, local);
        return new JoinKey(
            client, server, (uint)double.Clamp(join.NumberOf("networkNamespace", 0), 0, uint.MaxValue),
            (ulong)double.Max(0, join.NumberOf("requestPosition", 0)), (ulong)double.Max(0, join.NumberOf("responsePosition", 0)));
    }

    private static EndpointAddress? Address(string text)
    {
        if (!IPEndPoint.TryParse(text, out var address)) return null;
        byte[] bytes = address.Address.GetAddressBytes();
        return bytes.Length == 4 ? EndpointAddress.IPv4(bytes, (ushort)address.Port) : EndpointAddress.IPv6(bytes, (ushort)address.Port);
    }

    private static long? Size(JsonElement line, string name) => line.NumberOf(name, -1) is >= 0 and var size ? (long)size : null;

    // RFC 3339 with nine digits of fraction, two more than DateTime supports.
    private static long? Time(string? text)
    {
        const int Seven = 27; // number of characters that include seven digits of the fraction
        string? cut = text is { Length: 30 } ? $"{text[..Seven]}Z" : text;
        if (!DateTime.TryParse(cut, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal,
            out var time))
            return null;
        long nanoseconds = (time - DateTime.UnixEpoch).Ticks * 100;
        return text is { Length: 30 } && int.TryParse(text.AsSpan(Seven, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int rest)
            ? nanoseconds + rest : nanoseconds;
    }
}
