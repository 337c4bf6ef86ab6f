using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>The lease to hold, and its times.</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>Upper limit of the random factor of a retry delay, so that candidates do not retry in step.</summary>
    internal const double JitterFactor = 1.2;

    public required string LeaseNamespace { get; init; }

    public required string LeaseName { get; init; }

    /// <summary>Unique per process: two pods on one host have the same host name.</summary>
    public string Identity { get; init; } = $"{Environment.MachineName}_{Guid.NewGuid():D}";

    /// <summary>How long other candidates wait after the leader's last renewal that they observed.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for this long stops leading.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Timeout of one request: if a connection does not answer, there is time for another one before the deadline.</summary>
    internal TimeSpan RequestTimeout => TimeSpan.FromSeconds(Math.Max(1, RenewDeadline.TotalSeconds / 2));

    /// <summary>Options for the election's own client, without retries, because the election has its own.</summary>
    public KubernetesClientOptions ClientOptions(string userAgent) =>
        new() { UserAgent = userAgent, MaxRetries = 0, RequestTimeout = RequestTimeout };

    /// <summary>The invalid setting. Null if all are valid.</summary>
    public string? Fault() =>
        LeaseDuration.TotalSeconds < 1 ? $"leaseDuration {LeaseDuration} is less than a second; a lease counts whole seconds"
        : LeaseDuration <= RenewDeadline ? $"leaseDuration {LeaseDuration} must be longer than renewDeadline {RenewDeadline}"
        : RenewDeadline <= RetryPeriod * JitterFactor
            ? $"renewDeadline {RenewDeadline} must be longer than retryPeriod {RetryPeriod} times {JitterFactor}"
        : RetryPeriod <= TimeSpan.Zero ? $"retryPeriod {RetryPeriod} must be more than nothing"
        : null;
}
