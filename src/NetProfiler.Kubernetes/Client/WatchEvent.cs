namespace NetProfiler.Kubernetes.Client;

public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing has changed; the resource version is newer.</summary>
    Bookmark,

    /// <summary>An object that this version cannot parse; its resource version still counts.</summary>
    Skipped,
}

/// <summary>One frame of a watch.</summary>
/// <param name="Entity">Null for <see cref="WatchEventType.Bookmark"/> and <see cref="WatchEventType.Skipped"/>.</param>
/// <param name="Key">Key of the object; default for a bookmark.</param>
public readonly record struct WatchEvent<TEntity>(WatchEventType Type, TEntity? Entity, string ResourceVersion, ObjectKey Key)
    where TEntity : class;
