using System.Globalization;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Web.Requests;

namespace NetProfiler.Web.Import;

/// <summary>
/// Parses an HTTP archive (HAR 1.2) of a browser or of netprofiler, whose extensions have the names that <c>HarWriter</c> uses.
/// </summary>
internal static class HarReader
{
    // The timings of a browser before it sends.
    private static readonly string[] BeforeSending = ["blocked", "dns", "connect"];

    public static void Read(JsonElement archive, FileResults results, Redactor redactor)
    {
        if (!archive.TryGetProperty("log", out var log) || log.ValueKind != JsonValueKind.Object
            || !log.TryGetProperty("entries", out var entries) || entries.ValueKind != JsonValueKind.Array)
            throw new UnreadableResultsException("the archive has no entries");
        var made = new ImportedSample(redactor);
        foreach (var entry in entries.EnumerateArray())
        {
            if (!TryRead(entry, results, made)) results.CountUnread();
        }
    }

    private static bool TryRead(JsonElement entry, FileResults results, ImportedSample made)
    {
        if (entry.ObjectOf("request") is not { } request || entry.ObjectOf("response") is not { } response) return false;
        if (!DateTime.TryParse(entry.TextOf("startedDateTime"), CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var started))
            return false;
        var row = Row(entry, request, response, started, made);
        var content = response.ObjectOf("content");
        ImportedSample.Keep(
            results, ref row,
            made.Message($"{row.Method} {row.Target} {request.TextOf("httpVersion") ?? "HTTP/1.1"}", Fields(request),
                request.ObjectOf("postData")?.TextOf("text"), isCut: false, []),
            made.Message($"{response.TextOf("httpVersion") ?? "HTTP/1.1"} {row.Status} {response.TextOf("statusText")}".TrimEnd(),
                Fields(response), content?.TextOf("encoding") is null ? content?.TextOf("text") : null,
                isCut: content?.TextOf("comment") == "cut", []),
            null);
        results.Add(ref row, null);
        return true;
    }

    private static RequestRow Row(JsonElement entry, JsonElement request, JsonElement response, DateTime started, ImportedSample made)
    {
        bool isServer = entry.TextOf("_role") == "server";
        var timings = entry.ObjectOf("timings") ?? default;
        long Timing(string name) => timings.ValueKind == JsonValueKind.Object ? (long)(timings.NumberOf(name, -1) * 1e6) : -1;
        long blocked = isServer ? Timing("blocked") : -1;
        long total = (long)(entry.NumberOf("time", 0) * 1e6), duration = long.Max(0, total - long.Max(0, blocked));
        long before = isServer ? 0 : BeforeSending.Sum(name => long.Max(0, Timing(name)));
        long send = before + long.Max(0, Timing("send")), wait = long.Max(0, Timing("wait"));
        long start = ((started - DateTime.UnixEpoch).Ticks * 100) + long.Max(0, blocked);
        string process = entry.TextOf("_process") ?? "browser";
        int id = process.LastIndexOf(" (", StringComparison.Ordinal);
        string server = entry.TextOf("serverIPAddress") ?? "";
        Uri.TryCreate(request.TextOf("url"), UriKind.Absolute, out var url);
        return new RequestRow
        {
            StartNanoseconds = start,
            DurationNanoseconds = duration,
            TimeToFirstByteNanoseconds = send + wait,
            Phases = ImportedSample.Phases(isServer, start, duration, blocked, send, wait),
            Role = isServer ? EndpointRole.Server : EndpointRole.Client,
            Status = (int)response.NumberOf("status", 0),
            Outcome = Outcome(response, entry),
            EndedBy = Outcome(response, entry) == ExchangeOutcome.Complete ? EndedBy.None
                : ImportedSample.EndedByOf(entry.TextOf("_error") ?? ""),
            Process = id > 0 ? process[..id] : process,
            Peer = url?.Host ?? server,
            Method = request.TextOf("method") ?? "",
            Target = made.Target(url?.PathAndQuery ?? request.TextOf("url") ?? ""),
            Host = url?.Authority ?? "",
            Local = isServer ? server : "",
            Remote = isServer ? "" : server,
            Rule = "",
            RequestBytes = Size(request),
            ResponseBytes = Size(response),
        };
    }

    // Browsers also write status 0 if there was no response.
    private static ExchangeOutcome Outcome(JsonElement response, JsonElement entry) =>
        response.NumberOf("status", 0) == 0 ? ExchangeOutcome.Unanswered
            : entry.TextOf("_role") is not null && entry.TextOf("_error") is not null ? ExchangeOutcome.Incomplete
                : ExchangeOutcome.Complete;

    private static IEnumerable<(string, string)> Fields(JsonElement message) =>
        message.ItemsOf("headers").Select(field => (field.TextOf("name") ?? "", field.TextOf("value") ?? ""));

    private static long? Size(JsonElement message) => message.NumberOf("_transferSize", -1) is >= 0 and var size ? (long)size : null;
}
