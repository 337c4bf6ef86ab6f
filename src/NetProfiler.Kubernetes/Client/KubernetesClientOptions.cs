namespace NetProfiler.Kubernetes.Client;

public sealed record KubernetesClientOptions
{
    /// <summary>The program, as <c>netprofiler-operator/0.1.0</c>.</summary>
    public string UserAgent { get; init; } = "netprofiler";

    /// <summary>Of reads and, separately, of writes.</summary>
    public double RequestsPerSecond { get; init; } = 50;

    public int Burst { get; init; } = 100;

    /// <summary>Of one attempt of anything but a watch.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of establishing a connection, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After the first attempt. None: the caller tries again by itself, such as an election.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>A half-open connection is noticed after the sum of both; TCP alone would need a quarter of an hour.</summary>
    internal TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(30);

    internal TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
