namespace NetProfiler.Operator.Places;

/// <summary>The limits of a node's configuration.</summary>
internal static class NodeLimits
{
    /// <summary>
    /// Number of tasks that capture at the same time, unless <c>--tasks-per-node</c> is set: the first of each namespace by start, then the
    /// second of each; further ones wait (<c>QuotaExceeded</c>).
    /// </summary>
    public const int DefaultCapturingTasks = 8;

    /// <summary>
    /// Maximum number of tasks, including those without a container on the node whose results are kept there. Same as the limit in the
    /// schema. See <see cref="NodePlaces"/>.
    /// </summary>
    public const int MaxTasks = 32;

    /// <summary>Maximum number of containers per task; the first by container id. Same as the limit in the schema.</summary>
    public const int MaxTargetsPerTask = 256;

    /// <summary>Number of nodes that may report per second, so the report period grows with the number of nodes.</summary>
    private const int MaxReportsPerSecond = 20;

    private const int MinPeriodSeconds = 10;

    public static int ReportingPeriodSeconds(int participatingNodes) =>
        int.Max(MinPeriodSeconds, (participatingNodes + MaxReportsPerSecond - 1) / MaxReportsPerSecond);
}
