using System.Text.Json.Serialization;

namespace NetProfiler.Web.Results;

public enum SourceKind
{
    [JsonStringEnumMemberName("run")] Run,
    [JsonStringEnumMemberName("replay")] Replay,

    /// <summary>A file of results: an HTTP archive or JSON lines.</summary>
    [JsonStringEnumMemberName("file")] File,
}

/// <param name="Name">What is profiled, or the file's name.</param>
/// <param name="Version">Of netprofiler.</param>
public sealed record SourceInfo(SourceKind Kind, string Name, string Version);

public enum TaskPhase
{
    [JsonStringEnumMemberName("Running")] Running,
    [JsonStringEnumMemberName("Complete")] Complete,
    [JsonStringEnumMemberName("Failed")] Failed,
}

/// <summary>What a count in <see cref="Exactness"/> means for the numbers on the page.</summary>
public enum LossKind
{
    /// <summary>Exchanges may be missing.</summary>
    [JsonStringEnumMemberName("lost")] Lost,

    /// <summary>Exchanges are shown, or left out, whose pairing is not proven.</summary>
    [JsonStringEnumMemberName("assumed")] Assumed,

    /// <summary>Requests whose connection ended before their response was whole: the list has them.</summary>
    [JsonStringEnumMemberName("unfinished")] Unfinished,

    /// <summary>A rule of the task keeps them out of every number.</summary>
    [JsonStringEnumMemberName("excluded")] Excluded,

    /// <summary>Not HTTP/1.x, so not looked at.</summary>
    [JsonStringEnumMemberName("leftAlone")] LeftAlone,

    /// <summary>Everything was counted, and an output did not get all of it.</summary>
    [JsonStringEnumMemberName("output")] Output,
}

/// <summary>A count that is not zero, in the words of the summary.</summary>
public sealed record Loss(string Reason, long Count, LossKind Kind);

public enum ExactnessState
{
    /// <summary>Nothing was lost.</summary>
    [JsonStringEnumMemberName("exact")] Exact,
    [JsonStringEnumMemberName("lossy")] Lossy,

    /// <summary>Nothing was seen yet, or the file does not say.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown,
}

/// <param name="Seen">Exchanges.</param>
/// <param name="Lost">Every counter that is not zero.</param>
public sealed record Exactness(ExactnessState State, long Seen, IReadOnlyList<Loss> Lost)
{
    public static Exactness Of(long seen, IReadOnlyList<Loss> lost) => new(
        lost.Any(loss => loss.Kind == LossKind.Lost) ? ExactnessState.Lossy : seen == 0 ? ExactnessState.Unknown : ExactnessState.Exact,
        seen, lost);
}

/// <summary>One process in one role. Durations in microseconds.</summary>
/// <param name="InFlight">Requests without their whole response, now.</param>
public sealed record ProcessTotals(
    string Process, string Role, long Requests, long ClientErrors, long ServerErrors, long P50, long P90, long P99, long Longest,
    long InFlight);

/// <summary>How a task is, and its totals. Times are microseconds since 1970, durations microseconds.</summary>
/// <param name="Why">Why there is no exchange; null: there are some, or nothing more is known.</param>
public sealed record TaskState(TaskPhase Phase, long Started, long Now, IReadOnlyList<ProcessTotals> Totals, Exactness Exactness,
    string? Why);

/// <summary>What the TCP connections of a peer pair did. Times in microseconds.</summary>
public sealed record TcpPair(string Process, string Peer, string Role)
{
    public long Opened { get; init; }

    /// <summary>Ended connections by kind, as in <c>netprofiler_tcp_closed_total</c>.</summary>
    public IReadOnlyDictionary<string, long> Closed { get; init; } = new Dictionary<string, long>();
    public long ReadCalls { get; init; }
    public long WriteCalls { get; init; }
    public long ReadBytes { get; init; }
    public long WriteBytes { get; init; }
    public long Retransmissions { get; init; }
    public long ZeroWindows { get; init; }
    public long SendBufferWait { get; init; }
    public long PeerWindowWait { get; init; }

    /// <summary>Mean of the smoothed round-trip time; null: not known.</summary>
    public double? RoundTrip { get; init; }

    /// <summary>Mean set-up time of connections; null: not known.</summary>
    public double? Setup { get; init; }

    /// <summary>Packets that the kernel dropped, by its own reason.</summary>
    public IReadOnlyDictionary<string, long> Drops { get; init; } = new Dictionary<string, long>();
}
