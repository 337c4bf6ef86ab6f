namespace NetProfiler.Api.Resources;

public sealed record TaskMetrics
{
    public bool Enabled { get; set; } = TaskDefaults.MetricsEnabled;

    /// <summary>On each node; what is over it is counted in one overflow series.</summary>
    public int MaxSeries { get; set; } = TaskDefaults.MaxSeries;
}
