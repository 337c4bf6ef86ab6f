namespace NetProfiler.Api.Resources;

public sealed record TaskMetrics
{
    public bool Enabled { get; set; } = TaskDefaults.MetricsEnabled;

    /// <summary>Label combinations of requests on each node; what is over it is counted with fewer labels.</summary>
    public int MaxSeries { get; set; } = TaskDefaults.MaxSeries;
}
