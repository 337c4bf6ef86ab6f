namespace NetProfiler.Api.Resources;

/// <summary>What is masked before a sample leaves the node.</summary>
public sealed record TaskRedaction
{
    /// <summary>Header fields whose values are masked, in any case. A list of the task's own replaces the default one.</summary>
    public IReadOnlyList<string> Headers { get; set; } = TaskDefaults.RedactedHeaders;

    public QueryParameterRedaction QueryParameters { get; set; } = TaskDefaults.QueryParameters;
}

public enum QueryParameterRedaction
{
    /// <summary>Names and values stay.</summary>
    Keep,

    /// <summary>Names stay, values are masked.</summary>
    Names,

    /// <summary>The query is dropped.</summary>
    Drop,
}
