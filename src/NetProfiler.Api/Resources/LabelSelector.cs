namespace NetProfiler.Api.Resources;

/// <summary>Kubernetes' selector: every label and every expression must hold. Not the library's, whose operators are any text.</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; set; } = new Dictionary<string, string>();

    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions { get; set; } = [];

    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;
}

public sealed record LabelSelectorRequirement
{
    public string Key { get; set; } = "";

    /// <summary>Null where it was not given, which is a fault.</summary>
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
