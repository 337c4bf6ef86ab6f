using System.Text.Json.Serialization;

namespace NetProfiler.Api.Resources;

/// <summary>Which exchanges are sampled. Without rules: none.</summary>
public sealed record TaskSampling
{
    /// <summary>How many each top list keeps.</summary>
    public int TopN { get; set; } = TaskDefaults.TopN;

    /// <summary>On each node.</summary>
    public int MaxSamplesPerSecond { get; set; } = TaskDefaults.MaxSamplesPerSecond;

    /// <summary>The first whose pattern matches decides; if none does, the default rule, wherever it stands.</summary>
    public IReadOnlyList<TaskSamplingRule> Rules { get; set; } = [];

    /// <summary>
    /// How requests name their trace, in the order in which it is looked for. Empty: every format, in the order of the type.
    /// </summary>
    public IReadOnlyList<TaskTraceContext> TraceContexts { get; set; } = [];

    /// <summary>Request header fields that are copied to samples and printed lines, whatever a rule collects. In lower case.</summary>
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

    /// <summary>Searched, unanchored, in the path without its query. Null or empty: this is the default rule.</summary>
    public string? UriRegex { get; set; }

    /// <summary>Null: duration does not matter.</summary>
    public int? MinDurationMilliseconds { get; set; }

    /// <summary>False: exchanges that match are counted as excluded by this rule, and are in no metric and no list.</summary>
    public bool Count { get; set; } = TaskDefaults.Count;

    public bool When4xx { get; set; } = TaskDefaults.When4xx;

    public bool When5xx { get; set; } = TaskDefaults.When5xx;

    /// <summary>Requests whose connection ended before a response began. False: absent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WhenUnanswered { get; set; }

    /// <summary>Exchanges whose connection ended within the response. False: absent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WhenIncomplete { get; set; }

    public TaskCollect Collect { get; set; } = new();

    public bool IsDefault => string.IsNullOrEmpty(UriRegex);

    public bool HasTrigger => When4xx || When5xx || WhenUnanswered || WhenIncomplete || MinDurationMilliseconds is not null;
}

/// <summary>What is kept of a sampled exchange's messages.</summary>
public sealed record TaskCollect
{
    public CollectedContent Request { get; set; } = TaskDefaults.CollectedContent;

    public CollectedContent Response { get; set; } = TaskDefaults.CollectedContent;

    /// <summary>Of the whole message; what is longer is cut.</summary>
    public int MaxRequestBytes { get; set; } = TaskDefaults.MaxMessageBytes;

    /// <summary>Of the whole message; what is longer is cut.</summary>
    public int MaxResponseBytes { get; set; } = TaskDefaults.MaxMessageBytes;
}

public enum CollectedContent
{
    /// <summary>Only what was measured.</summary>
    None,

    /// <summary>The start line and the header section.</summary>
    Headers,

    /// <summary>The header section and the content.</summary>
    Full,
}
