namespace NetProfiler.Kubernetes.Client;

public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing changed; the resource version is newer.</summary>
    Bookmark,

    /// <summary>An object that this version cannot read; the resource version counts all the same.</summary>
    Skipped,
}

/// <summary>One frame of a watch.</summary>
/// <param name="Entity">Null for <see cref="WatchEventType.Bookmark"/> and <see cref="WatchEventType.Skipped"/>.</param>
/// <param name="Key">Of the object; default for a bookmark.</param>
public readonly record struct WatchEvent<TEntity>(WatchEventType Type, TEntity? Entity, string ResourceVersion, ObjectKey Key)
    where TEntity : class;
