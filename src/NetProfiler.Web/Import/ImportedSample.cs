using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;
using NetProfiler.Web.Requests;

namespace NetProfiler.Web.Import;

/// <summary>Creates rows and samples from a file. Values that the file does not contain stay unknown; secrets in it are masked.</summary>
internal sealed class ImportedSample(Redactor redactor)
{
    private const int MaxHeaders = 8;
    private const int MaxHeaderLength = 256;

    private static ulong _latest;

    /// <summary>Keeps the sample with the content of a row.</summary>
    public static void Keep(FileResults results, ref RequestRow row, ShownMessage request, ShownMessage response, TraceReference? trace)
    {
        row.Sample = Interlocked.Increment(ref _latest);
        results.Requests.Samples.Add(new ShownSample
        {
            Id = new SpanId(row.Sample), Task = null, Rule = row.Rule, SampledAs = row.SampledAs, Trace = trace, Role = row.Role,
            Process = new ProcessIdentity(row.ProcessId, row.Process), Peer = null, Local = row.Local, Remote = row.Remote,
            Method = row.Method, Target = row.Target, Host = row.Host.Length == 0 ? null : row.Host, Status = row.Status, MinorVersion = 1,
            Request = request, Response = response, StartUnixNanoseconds = row.StartNanoseconds,
            DurationNanoseconds = row.DurationNanoseconds,
            TimeToFirstByteNanoseconds = row.TimeToFirstByteNanoseconds, Phases = row.Phases,
            RoundTripMicroseconds = row.RoundTripMicroseconds,
            Retransmissions = row.Retransmissions, Outcome = row.Outcome, EndedBy = row.EndedBy,
        });
    }

    public ShownMessage Message(string startLine, IEnumerable<(string Name, string Value)> fields, string? body, bool isCut,
        ImmutableArray<SampledCall> calls)
    {
        ImmutableArray<ShownField> shown = [.. fields.Select(field => new ShownField(field.Name, redactor.Field(field.Name, field.Value)))];
        string contentType = shown.FirstOrDefault(field => field.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            .Value ?? "";
        var kind = contentType.Contains("json", StringComparison.OrdinalIgnoreCase) ? TextKind.Json
            : contentType.Contains("xml", StringComparison.OrdinalIgnoreCase) ? TextKind.Xml
            : contentType.Contains("x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) ? TextKind.Form : TextKind.Plain;
        return new ShownMessage
        {
            Bytes = null, BodyBytes = null, StartUnixNanoseconds = 0, EndUnixNanoseconds = 0, Calls = calls, CallsNotKept = 0,
            StartLine = startLine, Fields = shown,
            Body = body is null ? null : new ShownBody { MediaType = contentType.Split(';')[0], ContentType = contentType, Encoding = "",
                Text = redactor.Text(Cut(body), kind), IsCut = isCut || body.Length > ContentPolicy.MaxMessageBytes },
        };
    }

    /// <summary>Which side ended a connection, by its name. None if the name is null: the exchange is complete.</summary>
    public static EndedBy EndedByOf(string? text) =>
        text is null ? EndedBy.None : Enum.GetValues<EndedBy>().Where(one => ShownSample.NameOf(one) == text)
            .DefaultIfEmpty(EndedBy.Unknown).First();

    /// <summary>The copied request fields, masked and cut as in a run.</summary>
    public string Headers(JsonElement fields)
    {
        var text = new StringBuilder();
        foreach (var field in fields.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.String).Take(MaxHeaders))
        {
            string name = Line(field.Name.ToLowerInvariant()), value = Line(redactor.Field(name, field.Value.GetString()!));
            text.Append(name.Length > MaxHeaderLength ? name[..MaxHeaderLength] : name).Append(": ")
                .Append(value.Length > MaxHeaderLength ? value[..MaxHeaderLength] : value).Append('\n');
        }

        return text.ToString();

        static string Line(string text) => text.ReplaceLineEndings(" ");
    }

    public string Target(string target) => redactor.Target(target);

    public static ShownMessage Nothing { get; } =
        new() { Bytes = null, BodyBytes = null, StartUnixNanoseconds = 0, EndUnixNanoseconds = 0, Calls = [], CallsNotKept = 0 };

    /// <summary>The phases from their durations; a negative duration is unknown.</summary>
    public static ExchangePhases Phases(bool isServer, long start, long duration, long queue, long first, long second)
    {
        long end = start + duration;
        return isServer
            ? ExchangePhases.OfServer(queue < 0 ? 0 : start - queue, start, start + first, start + first + second, end)
            : ExchangePhases.OfClient(start, start + first, queue < 0 ? 0 : start + first + second,
                start + first + second + long.Max(0, queue), end);
    }

    private static string Cut(string body) => body.Length > ContentPolicy.MaxMessageBytes ? body[..ContentPolicy.MaxMessageBytes] : body;
}
