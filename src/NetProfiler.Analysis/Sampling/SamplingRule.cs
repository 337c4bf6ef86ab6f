using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling.Patterns;

namespace NetProfiler.Analysis.Sampling;

/// <summary>Why an exchange is sampled.</summary>
public enum SampledAs : byte
{
    None,
    ServerError,
    ClientError,
    Slow,
}

/// <summary>One rule of a task. A rule without a pattern is the default: it decides when no other matches.</summary>
/// <param name="Name">The value of the label http_route.</param>
/// <param name="Pattern">Searched, unanchored, in the target's path.</param>
/// <param name="MinDurationNanoseconds">Exchanges that took as long or longer are sampled; null: duration is no reason.</param>
/// <param name="When4xx">400 &lt;= status &lt; 500.</param>
/// <param name="When5xx">500 &lt;= status &lt; 600.</param>
public sealed record SamplingRule(string Name, PathPattern? Pattern, long? MinDurationNanoseconds, bool When4xx, bool When5xx)
{
    /// <summary>What is kept of the messages of an exchange that this rule samples.</summary>
    public ContentPolicy Content { get; init; } = ContentPolicy.Nothing;

    /// <summary>Without a task: errors, and whatever takes half a second or longer.</summary>
    public static SamplingRule Default { get; } = new("default", null, 500_000_000, When4xx: true, When5xx: true);

    /// <summary>The first reason that holds, in the order server error, client error, slow.</summary>
    public SampledAs Judge(int status, long durationNanoseconds)
    {
        if (When5xx && status is >= 500 and < 600) return SampledAs.ServerError;
        if (When4xx && status is >= 400 and < 500) return SampledAs.ClientError;
        if (MinDurationNanoseconds is { } least && durationNanoseconds >= least) return SampledAs.Slow;
        return SampledAs.None;
    }
}
