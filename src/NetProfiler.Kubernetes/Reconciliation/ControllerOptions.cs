namespace NetProfiler.Kubernetes.Reconciliation;

public sealed record ControllerOptions
{
    public int MaxConcurrentReconciles { get; init; } = 1;

    /// <summary>A longer reconciliation is cancelled, counted, and retried.</summary>
    public TimeSpan ReconcileTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
