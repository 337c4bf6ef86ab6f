namespace NetProfiler.Api.Resources;

public sealed record TaskMetrics
{
    public bool Enabled { get; set; } = TaskDefaults.MetricsEnabled;

    /// <summary>Limit per node; beyond it, exchanges are counted in one overflow series.</summary>
    public int MaxSeries { get; set; } = TaskDefaults.MaxSeries;
}
