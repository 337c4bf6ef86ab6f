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

    /// <summary>The connection ended within the response.</summary>
    Incomplete,
}

/// <summary>One rule of a task. A rule without a pattern is the default: it decides when no other matches.</summary>
/// <param name="Name">The value of the label netprofiler_rule.</param>
/// <param name="Pattern">Searched, unanchored, in the target's path.</param>
/// <param name="MinDurationNanoseconds">Exchanges that took as long or longer are sampled; null: duration is no reason.</param>
/// <param name="When4xx">400 &lt;= status &lt; 500.</param>
/// <param name="When5xx">500 &lt;= status &lt; 600.</param>
public sealed record SamplingRule(string Name, PathPattern? Pattern, long? MinDurationNanoseconds, bool When4xx, bool When5xx)
{
    /// <summary>False: exchanges that this rule decides about are counted as excluded by it, and are nowhere else.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>What is kept of the messages of an exchange that this rule samples.</summary>
    public ContentPolicy Content { get; init; } = ContentPolicy.Nothing;

    /// <summary>
    /// Requests whose connection ended before a response began are sampled; not those where the end of the run or a loss makes it unknown.
    /// </summary>
    public bool WhenUnanswered { get; init; }

    /// <summary>Those whose connection ended within the response.</summary>
    public bool WhenIncomplete { get; init; }

    /// <summary>Without a task: errors, and whatever takes half a second or longer.</summary>
    public static SamplingRule Default { get; } = new("default", null, 500_000_000, When4xx: true, When5xx: true) { WhenUnanswered = true,
        WhenIncomplete = true };

    /// <summary>The first reason that holds, in the order server error, client error, unanswered, incomplete, slow.</summary>
    /// <param name="status">0: no response was begun.</param>
    /// <param name="isCutShort">The connection ended before the response was whole, and it is known how.</param>
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
