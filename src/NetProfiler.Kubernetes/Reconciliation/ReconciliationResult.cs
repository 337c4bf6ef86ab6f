namespace NetProfiler.Kubernetes.Reconciliation;

public enum ReconciliationOutcome
{
    Success,

    /// <summary>The reconciliation is retried with a growing delay, and never given up.</summary>
    Failure,

    /// <summary>A retry cannot help: only a change of the object can.</summary>
    Terminal,
}

/// <summary>The result of a reconciliation.</summary>
public sealed record ReconciliationResult<TEntity>
{
    private ReconciliationResult(ReconciliationOutcome outcome, TEntity entity) => (Outcome, Entity) = (outcome, entity);

    public ReconciliationOutcome Outcome { get; }

    public TEntity Entity { get; }

    /// <summary>Null after success, to wait for the next change.</summary>
    public TimeSpan? RequeueAfter { get; private init; }

    public string? ErrorMessage { get; private init; }

    public Exception? Error { get; private init; }

#pragma warning disable CA1000 // Same spelling as KubeOps.
    public static ReconciliationResult<TEntity> Success(TEntity entity, TimeSpan? requeueAfter = null) =>
        new(ReconciliationOutcome.Success, entity) { RequeueAfter = requeueAfter };

    /// <param name="requeueAfter">Null for the queue's own delay, which grows.</param>
    public static ReconciliationResult<TEntity> Failure(
        TEntity entity, string errorMessage, Exception? error = null, TimeSpan? requeueAfter = null) =>
        new(ReconciliationOutcome.Failure, entity) { ErrorMessage = errorMessage, Error = error, RequeueAfter = requeueAfter };

    public static ReconciliationResult<TEntity> Terminal(TEntity entity, string errorMessage, Exception? error = null) =>
        new(ReconciliationOutcome.Terminal, entity) { ErrorMessage = errorMessage, Error = error };
#pragma warning restore CA1000

    internal ReconciliationResult<TOther> For<TOther>(TOther entity) => Outcome switch
    {
        ReconciliationOutcome.Success => ReconciliationResult<TOther>.Success(entity, RequeueAfter),
        ReconciliationOutcome.Failure => ReconciliationResult<TOther>.Failure(entity, ErrorMessage!, Error, RequeueAfter),
        _ => ReconciliationResult<TOther>.Terminal(entity, ErrorMessage!, Error),
    };
}
