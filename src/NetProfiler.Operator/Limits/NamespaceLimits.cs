namespace NetProfiler.Operator.Limits;

/// <summary>What tasks of one namespace may do. Null: without limit.</summary>
/// <param name="MaxTasks">Tasks under way at the same time; further ones wait.</param>
/// <param name="MaxDeadlineSeconds">The longest <c>spec.activeDeadlineSeconds</c>.</param>
/// <param name="AllowFullContent">Whether rules may collect the content of messages (<c>collect: Full</c>).</param>
/// <param name="AllowTls">Whether tasks may read the plaintext of TLS sessions (<c>spec.tls.enabled</c>).</param>
internal sealed record NamespaceLimits(int? MaxTasks, int? MaxDeadlineSeconds, bool AllowFullContent, bool AllowTls)
{
    public static readonly NamespaceLimits None = new(null, null, AllowFullContent: true, AllowTls: true);
}

/// <summary>The administrator's limits: those of a namespace that is named, else the default ones.</summary>
internal sealed record ClusterLimits(NamespaceLimits Default, IReadOnlyDictionary<string, NamespaceLimits> ByNamespace)
{
    public static readonly ClusterLimits None = new(NamespaceLimits.None, new Dictionary<string, NamespaceLimits>());

    public NamespaceLimits Of(string? @namespace) => ByNamespace.GetValueOrDefault(@namespace ?? "", Default);
}
