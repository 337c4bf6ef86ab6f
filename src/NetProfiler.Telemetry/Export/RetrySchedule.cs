namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The time of the next attempt for a failed batch: exponential backoff with jitter, or as requested by the collector. Pure.
/// </summary>
public sealed record RetrySchedule(TimeSpan Initial, TimeSpan Longest, TimeSpan MaxAge)
{
    /// <summary>Upper limit of the delay that a collector can request.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    public static RetrySchedule Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));

    /// <summary>
    /// The delay before the next attempt. Null to stop retrying, because the batch would be older than <see cref="MaxAge"/>.
    /// </summary>
    /// <param name="failures">Number of failures so far, at least 1.</param>
    /// <param name="age">Time since the first attempt.</param>
    /// <param name="jitter">0 to 1: half of the delay is random, so that agents do not retry at the same time.</param>
    public TimeSpan? NextDelay(int failures, TimeSpan age, TimeSpan? retryAfter, double jitter)
    {
        double factor = Math.Pow(2, Math.Min(failures - 1, 30));
        double longest = Math.Min(Initial.TotalSeconds * factor, Longest.TotalSeconds);
        var delay = TimeSpan.FromSeconds(longest * (0.5 + (0.5 * jitter)));
        if (retryAfter is { } asked && asked > delay) delay = asked < MaxRetryAfter ? asked : MaxRetryAfter;
        return age + delay > MaxAge ? null : delay;
    }
}
