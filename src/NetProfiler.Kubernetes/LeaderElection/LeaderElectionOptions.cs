using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>Which lease is held, and how long.</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>A retry takes up to this much longer, so that candidates do not walk in step.</summary>
    internal const double JitterFactor = 1.2;

    public required string LeaseNamespace { get; init; }

    public required string LeaseName { get; init; }

    /// <summary>Of this process alone: two pods of one host have the same host name.</summary>
    public string Identity { get; init; } = $"{Environment.MachineName}_{Guid.NewGuid():D}";

    /// <summary>How long others wait after they saw the leader's last sign of life.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for so long stops leading.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Of one request: a connection that does not answer leaves time to try another one before the deadline.</summary>
    internal TimeSpan RequestTimeout => TimeSpan.FromSeconds(Math.Max(1, RenewDeadline.TotalSeconds / 2));

    /// <summary>For the election's own client: an election tries again by itself.</summary>
    public KubernetesClientOptions ClientOptions(string userAgent) =>
        new() { UserAgent = userAgent, MaxRetries = 0, RequestTimeout = RequestTimeout };

    /// <summary>Null: everything is in order; else what is not.</summary>
    public string? Fault() =>
        LeaseDuration.TotalSeconds < 1 ? $"leaseDuration {LeaseDuration} is less than a second; a lease counts whole seconds"
        : LeaseDuration <= RenewDeadline ? $"leaseDuration {LeaseDuration} must be longer than renewDeadline {RenewDeadline}"
        : RenewDeadline <= RetryPeriod * JitterFactor
            ? $"renewDeadline {RenewDeadline} must be longer than retryPeriod {RetryPeriod} times {JitterFactor}"
        : RetryPeriod <= TimeSpan.Zero ? $"retryPeriod {RetryPeriod} must be more than nothing"
        : null;
}
