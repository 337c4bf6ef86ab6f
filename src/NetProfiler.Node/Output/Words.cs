namespace NetProfiler.Node.Output;

/// <summary>The names of reasons, as people and metrics spell them.</summary>
internal static class Words
{
    /// <summary>QueueFull: queue full.</summary>
    public static string Spaced(string name) => Apart(name, ' ');

    /// <summary>QueueFull: queue_full.</summary>
    public static string SnakeCase(string name) => Apart(name, '_');

    private static string Apart(string name, char between) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"{between}{char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString()));
}
