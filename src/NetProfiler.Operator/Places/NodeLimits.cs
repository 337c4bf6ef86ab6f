namespace NetProfiler.Operator.Places;

/// <summary>The bounds of a node's configuration.</summary>
internal static class NodeLimits
{
    /// <summary>
    /// Tasks that capture at the same time, unless <c>--tasks-per-node</c> says otherwise: the first of each namespace by start, then the
    /// second of each; further ones wait (<c>QuotaExceeded</c>).
    /// </summary>
    public const int DefaultCapturingTasks = 8;

    /// <summary>
    /// With those that have no container on the node any more and whose results are kept there. The schema's bound. See
    /// <see cref="NodePlaces"/>.
    /// </summary>
    public const int MaxTasks = 32;

    /// <summary>Containers of one task; the first by container id. The schema's bound.</summary>
    public const int MaxTargetsPerTask = 256;

    /// <summary>How many nodes may report in a second: the longest list of nodes reports the slowest.</summary>
    private const int MaxReportsPerSecond = 20;

    private const int MinPeriodSeconds = 10;

    public static int ReportingPeriodSeconds(int participatingNodes) =>
        int.Max(MinPeriodSeconds, (participatingNodes + MaxReportsPerSecond - 1) / MaxReportsPerSecond);
}
