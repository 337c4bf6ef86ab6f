namespace NetProfiler.Telemetry.Export;

/// <summary>When a batch that failed is tried again: exponential backoff with jitter, or as the collector asks. Pure.</summary>
public sealed record RetrySchedule(TimeSpan Initial, TimeSpan Longest, TimeSpan MaxAge)
{
    /// <summary>A collector that asks for more patience than this gets less.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    public static RetrySchedule Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));

    /// <summary>How long to wait; null: give up, the batch would be older than <see cref="MaxAge"/>.</summary>
    /// <param name="failures">So far, at least 1.</param>
    /// <param name="age">Since the first attempt.</param>
    /// <param name="jitter">0 to 1: half of the wait is left to chance, so that agents do not come back all at once.</param>
    public TimeSpan? NextDelay(int failures, TimeSpan age, TimeSpan? retryAfter, double jitter)
    {
        double factor = Math.Pow(2, Math.Min(failures - 1, 30));
        double longest = Math.Min(Initial.TotalSeconds * factor, Longest.TotalSeconds);
        var delay = TimeSpan.FromSeconds(longest * (0.5 + (0.5 * jitter)));
        if (retryAfter is { } asked && asked > delay) delay = asked < MaxRetryAfter ? asked : MaxRetryAfter;
        return age + delay > MaxAge ? null : delay;
    }
}
