namespace NetProfiler.Kubernetes.Client;

/// <summary>All objects of a kind at one moment.</summary>
/// <param name="ResourceVersion">Version of that moment, at which a watch can start.</param>
/// <param name="SkippedItems">Number of objects that this version cannot parse; each is logged with its name.</param>
public sealed record EntityList<TEntity>(IReadOnlyList<TEntity> Items, string ResourceVersion, int SkippedItems = 0);
