using System.Text.Json.Serialization;

namespace NetProfiler.Web.Results;

public enum SourceKind
{
    [JsonStringEnumMemberName("run")] Run,
    [JsonStringEnumMemberName("replay")] Replay,

    /// <summary>A file of results: an HTTP archive or JSON lines.</summary>
    [JsonStringEnumMemberName("file")] File,
}

/// <param name="Name">The targets, or the file's name.</param>
/// <param name="Version">Version of netprofiler.</param>
public sealed record SourceInfo(SourceKind Kind, string Name, string Version);

public enum TaskPhase
{
    [JsonStringEnumMemberName("Running")] Running,
    [JsonStringEnumMemberName("Complete")] Complete,
    [JsonStringEnumMemberName("Failed")] Failed,
}

/// <summary>The effect of a count in <see cref="Exactness"/> on the numbers of the page.</summary>
public enum LossKind
{
    /// <summary>Exchanges may be missing.</summary>
    [JsonStringEnumMemberName("lost")] Lost,

    /// <summary>Exchanges whose pairing is not proven are shown, or left out.</summary>
    [JsonStringEnumMemberName("assumed")] Assumed,

    /// <summary>Requests whose connection ended before their response was complete: they are in the list.</summary>
    [JsonStringEnumMemberName("unfinished")] Unfinished,

    /// <summary>A rule of the task excludes them from every number.</summary>
    [JsonStringEnumMemberName("excluded")] Excluded,

    /// <summary>Not HTTP/1.x, so not analyzed.</summary>
    [JsonStringEnumMemberName("leftAlone")] LeftAlone,

    /// <summary>Everything was counted, but an output is incomplete.</summary>
    [JsonStringEnumMemberName("output")] Output,
}

/// <summary>A count that is not zero, with its description in the summary.</summary>
public sealed record Loss(string Reason, long Count, LossKind Kind);

public enum ExactnessState
{
    /// <summary>Nothing was lost.</summary>
    [JsonStringEnumMemberName("exact")] Exact,
    [JsonStringEnumMemberName("lossy")] Lossy,

    /// <summary>There is no exchange yet, or the file does not contain this information.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown,
}

/// <param name="Seen">Number of exchanges.</param>
/// <param name="Lost">Every counter that is not zero.</param>
public sealed record Exactness(ExactnessState State, long Seen, IReadOnlyList<Loss> Lost)
{
    public static Exactness Of(long seen, IReadOnlyList<Loss> lost) => new(
        lost.Any(loss => loss.Kind == LossKind.Lost) ? ExactnessState.Lossy : seen == 0 ? ExactnessState.Unknown : ExactnessState.Exact,
        seen, lost);
}

/// <summary>Totals of one process in one role. Durations are in microseconds.</summary>
/// <param name="InFlight">Number of requests that are currently without a complete response.</param>
public sealed record ProcessTotals(
    string Process, string Role, long Requests, long ClientErrors, long ServerErrors, long P50, long P90, long P99, long Longest,
    long InFlight);

/// <summary>The state of a task, and its totals. Times are in microseconds since 1970, durations in microseconds.</summary>
/// <param name="Why">Why there is no exchange. Null if there are exchanges, or if the reason is unknown.</param>
public sealed record TaskState(TaskPhase Phase, long Started, long Now, IReadOnlyList<ProcessTotals> Totals, Exactness Exactness,
    string? Why);

/// <summary>TCP metrics of a peer pair. Times are in microseconds.</summary>
public sealed record TcpPair(string Process, string Peer, string Role)
{
    public long Opened { get; init; }

    /// <summary>Number of ended connections by kind, as in <c>netprofiler_tcp_closed_total</c>.</summary>
    public IReadOnlyDictionary<string, long> Closed { get; init; } = new Dictionary<string, long>();
    public long ReadCalls { get; init; }
    public long WriteCalls { get; init; }
    public long ReadBytes { get; init; }
    public long WriteBytes { get; init; }
    public long Retransmissions { get; init; }
    public long ZeroWindows { get; init; }
    public long SendBufferWait { get; init; }
    public long PeerWindowWait { get; init; }

    /// <summary>Mean of the smoothed round-trip time. Null if unknown.</summary>
    public double? RoundTrip { get; init; }

    /// <summary>Mean set-up time of connections. Null if unknown.</summary>
    public double? Setup { get; init; }

    /// <summary>Number of packets that the kernel dropped, by the kernel's reason.</summary>
    public IReadOnlyDictionary<string, long> Drops { get; init; } = new Dictionary<string, long>();
}
