using NetProfiler.Analysis.Sampling.Patterns;

namespace NetProfiler.Analysis.Sampling;

/// <summary>Why an exchange is sampled.</summary>
public enum SampledAs : byte
{
    None,
    ServerError,
    ClientError,
    Slow,

    /// <summary>The connection ended before a response began.</summary>
    Unanswered,

    /// <summary>The connection ended during the response.</summary>
    Incomplete,
}

/// <summary>One rule of a task. A rule without a pattern is the default: it decides if no other matches.</summary>
/// <param name="Name">The value of the label netprofiler_rule.</param>
/// <param name="Pattern">Searched, unanchored, in the target's path.</param>
/// <param name="MinDurationNanoseconds">Exchanges of at least this duration are sampled. Null if the duration is not a reason.</param>
/// <param name="When4xx">400 &lt;= status &lt; 500.</param>
/// <param name="When5xx">500 &lt;= status &lt; 600.</param>
public sealed record SamplingRule(string Name, PathPattern? Pattern, long? MinDurationNanoseconds, bool When4xx, bool When5xx)
{
    /// <summary>If false, exchanges that this rule decides are counted only as excluded.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>Which parts of the messages are kept of an exchange that this rule samples.</summary>
    public ContentPolicy Content { get; init; } = ContentPolicy.Nothing;

    /// <summary>
    /// Whether requests are sampled whose connection ended before a response began. Does not apply if the end of profiling or a loss makes
    /// that uncertain.
    /// </summary>
    public bool WhenUnanswered { get; init; }

    /// <summary>Whether exchanges are sampled whose connection ended during the response.</summary>
    public bool WhenIncomplete { get; init; }

    /// <summary>The rule without a task: samples errors, and exchanges of half a second or longer.</summary>
    public static SamplingRule Default { get; } = new("default", null, 500_000_000, When4xx: true, When5xx: true) { WhenUnanswered = true,
        WhenIncomplete = true };

    /// <summary>The first applicable reason, in the order server error, client error, unanswered, incomplete, slow.</summary>
    /// <param name="status">0 if no response began.</param>
    /// <param name="isCutShort">The connection ended before the response was complete, and the cause is known.</param>
    public SampledAs Judge(int status, long durationNanoseconds, bool isCutShort = false)
    {
        if (When5xx && status is >= 500 and < 600) return SampledAs.ServerError;
        if (When4xx && status is >= 400 and < 500) return SampledAs.ClientError;
        if (isCutShort && status == 0 && WhenUnanswered) return SampledAs.Unanswered;
        if (isCutShort && status != 0 && WhenIncomplete) return SampledAs.Incomplete;
        if (MinDurationNanoseconds is { } least && durationNanoseconds >= least) return SampledAs.Slow;
        return SampledAs.None;
    }
}
