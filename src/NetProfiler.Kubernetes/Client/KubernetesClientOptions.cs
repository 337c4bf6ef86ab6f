namespace NetProfiler.Kubernetes.Client;

public sealed record KubernetesClientOptions
{
    /// <summary>Name and version of the program, such as <c>netprofiler-operator/0.1.0</c>.</summary>
    public string UserAgent { get; init; } = "netprofiler";

    /// <summary>Rate limit of reads and, separately, of writes.</summary>
    public double RequestsPerSecond { get; init; } = 50;

    public int Burst { get; init; } = 100;

    /// <summary>Timeout of one attempt of any request except a watch.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Timeout for establishing a connection, including TLS.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum number of retries. Zero for callers with retries of their own, such as an election.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>A half-open connection is detected after the sum of both; TCP alone would need a quarter of an hour.</summary>
    internal TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(30);

    internal TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
