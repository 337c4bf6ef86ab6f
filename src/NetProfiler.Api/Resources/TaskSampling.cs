using System.Text.Json.Serialization;

namespace NetProfiler.Api.Resources;

/// <summary>Which exchanges are sampled. Without rules, none are.</summary>
public sealed record TaskSampling
{
    /// <summary>Maximum number of entries of each top list.</summary>
    public int TopN { get; set; } = TaskDefaults.TopN;

    /// <summary>Limit per node.</summary>
    public int MaxSamplesPerSecond { get; set; } = TaskDefaults.MaxSamplesPerSecond;

    /// <summary>The first rule whose pattern matches decides; if none matches, the default rule does, regardless of its position.</summary>
    public IReadOnlyList<TaskSamplingRule> Rules { get; set; } = [];

    /// <summary>
    /// The formats of trace contexts, in the order in which they are tried. Empty for every format, in the order of the type.
    /// </summary>
    public IReadOnlyList<TaskTraceContext> TraceContexts { get; set; } = [];

    /// <summary>
    /// Request header fields that are copied to samples and printed lines, regardless of what a rule collects. In lower case.
    /// </summary>
    public IReadOnlyList<string> RequestHeaders { get; set; } = [];
}

public enum TaskTraceContext
{
    /// <summary><c>traceparent</c> and <c>tracestate</c>.</summary>
    W3C,

    /// <summary><c>sw8</c>.</summary>
    SkyWalking,

    /// <summary><c>b3</c>.</summary>
    B3,

    /// <summary><c>X-B3-TraceId</c> and others.</summary>
    B3Multi,
}

public sealed record TaskSamplingRule
{
    public string Name { get; set; } = "";

    /// <summary>Searched, unanchored, in the path without its query. Null or empty for the default rule.</summary>
    public string? UriRegex { get; set; }

    /// <summary>Null if the duration is not a reason.</summary>
    public int? MinDurationMilliseconds { get; set; }

    /// <summary>If false, matching exchanges are counted only as excluded by this rule, and are not in any metric or list.</summary>
    public bool Count { get; set; } = TaskDefaults.Count;

    public bool When4xx { get; set; } = TaskDefaults.When4xx;

    public bool When5xx { get; set; } = TaskDefaults.When5xx;

    /// <summary>Whether to sample requests whose connection ended before a response began. Omitted if false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WhenUnanswered { get; set; }

    /// <summary>Whether to sample exchanges whose connection ended during the response. Omitted if false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WhenIncomplete { get; set; }

    public TaskCollect Collect { get; set; } = new();

    public bool IsDefault => string.IsNullOrEmpty(UriRegex);

    public bool HasTrigger => When4xx || When5xx || WhenUnanswered || WhenIncomplete || MinDurationMilliseconds is not null;
}

/// <summary>Which parts of a sampled exchange's messages are collected.</summary>
public sealed record TaskCollect
{
    public CollectedContent Request { get; set; } = TaskDefaults.CollectedContent;

    public CollectedContent Response { get; set; } = TaskDefaults.CollectedContent;

    /// <summary>Limit of the whole message; a longer one is cut.</summary>
    public int MaxRequestBytes { get; set; } = TaskDefaults.MaxMessageBytes;

    /// <summary>Limit of the whole message; a longer one is cut.</summary>
    public int MaxResponseBytes { get; set; } = TaskDefaults.MaxMessageBytes;
}

public enum CollectedContent
{
    /// <summary>Only the measurements.</summary>
    None,

    /// <summary>The start line and the header section.</summary>
    Headers,

    /// <summary>The header section and the content.</summary>
    Full,
}
