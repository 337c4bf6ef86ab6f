namespace NetProfiler.Kubernetes.Client;

/// <summary>All objects of a kind as they stood at one moment.</summary>
/// <param name="ResourceVersion">That moment: a watch may begin there.</param>
/// <param name="SkippedItems">Objects that this version cannot read; each is logged with its name.</param>
public sealed record EntityList<TEntity>(IReadOnlyList<TEntity> Items, string ResourceVersion, int SkippedItems = 0);
