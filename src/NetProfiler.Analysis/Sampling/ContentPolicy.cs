namespace NetProfiler.Analysis.Sampling;

/// <summary>Which parts of a sampled exchange's messages are collected.</summary>
public enum CollectedContent : byte
{
    /// <summary>Only the measurements.</summary>
    None,

    /// <summary>The start line and the header section.</summary>
    Headers,

    /// <summary>The header section and the content.</summary>
    Full,
}

/// <summary>The <c>collect</c> of a rule. The limits apply to the whole message as shown; a longer message is cut.</summary>
public sealed record ContentPolicy(CollectedContent Request, CollectedContent Response, int MaxRequestBytes, int MaxResponseBytes)
{
    public const int DefaultMaxMessageBytes = 4096;

    /// <summary>The largest limit that a task can set.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    public static ContentPolicy Nothing { get; } =
        new(CollectedContent.None, CollectedContent.None, DefaultMaxMessageBytes, DefaultMaxMessageBytes);
}
