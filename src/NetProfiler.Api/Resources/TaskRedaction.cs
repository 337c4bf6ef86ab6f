namespace NetProfiler.Api.Resources;

/// <summary>What is masked before a sample leaves the node.</summary>
public sealed record TaskRedaction
{
    /// <summary>Header fields whose values are masked, case-insensitive. A list in the task replaces the default list.</summary>
    public IReadOnlyList<string> Headers { get; set; } = TaskDefaults.RedactedHeaders;

    public QueryParameterRedaction QueryParameters { get; set; } = TaskDefaults.QueryParameters;
}

public enum QueryParameterRedaction
{
    /// <summary>Keeps names and values.</summary>
    Keep,

    /// <summary>Keeps names, and masks values.</summary>
    Names,

    /// <summary>Drops the query.</summary>
    Drop,
}
