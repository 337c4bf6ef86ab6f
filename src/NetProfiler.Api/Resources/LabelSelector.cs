namespace NetProfiler.Api.Resources;

/// <summary>
/// Kubernetes' label selector: every label and every expression must match. Replaces the library's type, whose operators are arbitrary
/// text.
/// </summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; set; } = new Dictionary<string, string>();

    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions { get; set; } = [];

    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;
}

public sealed record LabelSelectorRequirement
{
    public string Key { get; set; } = "";

    /// <summary>Null if it is missing, which is a fault.</summary>
    public LabelSelectorOperator? Operator { get; set; }

    public IReadOnlyList<string> Values { get; set; } = [];
}

public enum LabelSelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
