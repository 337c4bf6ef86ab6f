namespace NetProfiler.Node.Output;

/// <summary>The names of reasons, as displayed and as labels of metrics.</summary>
internal static class Words
{
    private const int MaxListed = 8;

    /// <summary>"a", "a or b", "a, b or c"; at most <see cref="MaxListed"/> items, and the number of further ones.</summary>
    public static string Listed(IReadOnlyList<string> items, string conjunction)
    {
        if (items.Count > MaxListed) return $"{string.Join(", ", items.Take(MaxListed))} {conjunction} {items.Count - MaxListed} more";
        return items.Count == 1 ? items[0] : $"{string.Join(", ", items.SkipLast(1))} {conjunction} {items[^1]}";
    }

    /// <summary>"QueueFull" becomes "queue full".</summary>
    public static string Spaced(string name) => Apart(name, ' ');

    /// <summary>"QueueFull" becomes "queue_full".</summary>
    public static string SnakeCase(string name) => Apart(name, '_');

    private static string Apart(string name, char between) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"{between}{char.ToLowerInvariant(c)}"
            : char.ToLowerInvariant(c).ToString()));
}
