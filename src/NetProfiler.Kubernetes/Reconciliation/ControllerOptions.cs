namespace NetProfiler.Kubernetes.Reconciliation;

public sealed record ControllerOptions
{
    public int MaxConcurrentReconciles { get; init; } = 1;

    /// <summary>What takes longer is cancelled, counted, and tried again.</summary>
    public TimeSpan ReconcileTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
