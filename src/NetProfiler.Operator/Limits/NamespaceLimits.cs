namespace NetProfiler.Operator.Limits;

/// <summary>The limits for the tasks of one namespace. Null if unlimited.</summary>
/// <param name="MaxTasks">Maximum number of unfinished tasks; further ones wait.</param>
/// <param name="MaxDeadlineSeconds">Maximum of <c>spec.activeDeadlineSeconds</c>.</param>
/// <param name="AllowFullContent">Whether rules may collect the content of messages (<c>collect: Full</c>).</param>
internal sealed record NamespaceLimits(int? MaxTasks, int? MaxDeadlineSeconds, bool AllowFullContent)
{
    public static readonly NamespaceLimits None = new(null, null, AllowFullContent: true);
}

/// <summary>The administrator's limits, per namespace, with a default for other namespaces.</summary>
internal sealed record ClusterLimits(NamespaceLimits Default, IReadOnlyDictionary<string, NamespaceLimits> ByNamespace)
{
    public static readonly ClusterLimits None = new(NamespaceLimits.None, new Dictionary<string, NamespaceLimits>());

    public NamespaceLimits Of(string? @namespace) => ByNamespace.GetValueOrDefault(@namespace ?? "", Default);
}
