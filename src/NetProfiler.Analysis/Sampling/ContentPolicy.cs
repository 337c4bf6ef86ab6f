namespace NetProfiler.Analysis.Sampling;

/// <summary>What is kept of a sampled exchange's message.</summary>
public enum CollectedContent : byte
{
    /// <summary>Only what was measured.</summary>
    None,

    /// <summary>The start line and the header section.</summary>
    Headers,

    /// <summary>The header section and the content.</summary>
    Full,
}

/// <summary>A rule's <c>collect</c>. The limits are of the whole message as it is shown; what is longer is cut.</summary>
public sealed record ContentPolicy(CollectedContent Request, CollectedContent Response, int MaxRequestBytes, int MaxResponseBytes)
{
    public const int DefaultMaxMessageBytes = 4096;

    /// <summary>The most that a task can ask for.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    public static ContentPolicy Nothing { get; } =
        new(CollectedContent.None, CollectedContent.None, DefaultMaxMessageBytes, DefaultMaxMessageBytes);
}
