namespace NetProfiler.Operator.Limits;

/// <summary>The limits for the tasks of one namespace. Null if unlimited.</summary>
/// <param name="MaxTasks">Maximum number of unfinished tasks; further ones wait.</param>
/// <param name="MaxDeadlineSeconds">Maximum of <c>spec.activeDeadlineSeconds</c>.</param>
/// <param name="AllowFullContent">Whether rules may collect the content of messages (<c>collect: Full</c>).</param>
/// <param name="AllowTls">Whether tasks may read the plaintext of TLS sessions (<c>spec.tls.enabled</c>).</param>
internal sealed record NamespaceLimits(int? MaxTasks, int? MaxDeadlineSeconds, bool AllowFullContent, bool AllowTls)
{
    public static readonly NamespaceLimits None = new(null, null, AllowFullContent: true, AllowTls: true);
}

/// <summary>The administrator's limits, per namespace, with a default for other namespaces.</summary>
internal sealed record ClusterLimits(NamespaceLimits Default, IReadOnlyDictionary<string, NamespaceLimits> ByNamespace)
{
    public static readonly ClusterLimits None = new(NamespaceLimits.None, new Dictionary<string, NamespaceLimits>());

    public NamespaceLimits Of(string? @namespace) => ByNamespace.GetValueOrDefault(@namespace ?? "", Default);
}
