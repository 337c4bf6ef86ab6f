namespace NetProfiler.Api.Resources;

/// <summary>The defaults of a task's optional fields. The custom resource's schema has the same values.</summary>
public static class TaskDefaults
{
    public const TaskDirection Direction = TaskDirection.Both;

    public const TaskPairing Pairing = TaskPairing.Any;

    /// <summary>Ten minutes: long enough to observe a problem again, short enough for a forgotten task.</summary>
    public const int ActiveDeadlineSeconds = 600;

    public const bool Suspend = false;

    public const int TopN = 10;

    public const int MaxSamplesPerSecond = 20;

    public const bool Count = true;

    public const bool When4xx = false;

    public const bool When5xx = false;

    /// <summary>Content leaves the node only if a rule requests it.</summary>
    public const CollectedContent CollectedContent = Resources.CollectedContent.None;

    /// <summary>One page: sufficient for the header section of nearly every message, and the beginning of its content.</summary>
    public const int MaxMessageBytes = 4096;

    public const QueryParameterRedaction QueryParameters = QueryParameterRedaction.Names;

    /// <summary>Encrypted traffic is read only where a task asks for it.</summary>
    public const bool TlsEnabled = false;

    public const bool MetricsEnabled = true;

    public const int MaxSeries = 2000;

    /// <summary>The fields that contain credentials.</summary>
    public static IReadOnlyList<string> RedactedHeaders { get; } =
        ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"];
}
