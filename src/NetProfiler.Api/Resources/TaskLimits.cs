namespace NetProfiler.Api.Resources;

/// <summary>The limits of every number, text and list of a task. The custom resource's schema has the same values.</summary>
public static class TaskLimits
{
    public const int MaxTargets = 8;
    public const int MaxContainerNames = 16;
    public const int MaxSelectorTerms = 16;
    public const int MaxSelectorValues = 32;

    public const int MinActiveDeadlineSeconds = 30;
    public const int MaxActiveDeadlineSeconds = 24 * 60 * 60;
    public const int MaxTtlSecondsAfterFinished = 365 * 24 * 60 * 60;

    public const int MaxTopN = 50;
    public const int MaxSamplesPerSecond = 1000;

    public const int MaxRules = 16;
    public const int MaxRuleNameLength = 63;
    public const int MaxUriRegexLength = 256;
    public const int MaxMinDurationMilliseconds = 60 * 60 * 1000;
    public const int MaxMessageBytes = 64 * 1024;

    public const int MaxRequestHeaders = 8;
    public const int MaxRequestHeaderLength = 64;

    public const int MaxRedactedHeaders = 64;
    public const int MaxRedactedHeaderLength = 256;

    /// <summary>Also the limit of a whole agent.</summary>
    public const int MaxSeries = 10_000;
}
