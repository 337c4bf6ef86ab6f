namespace NetProfiler.Kubernetes.Resources;

/// <summary>Kubernetes' selector: every label and every expression must hold.</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions { get; init; } = [];

    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;
}

public sealed record LabelSelectorRequirement
{
    public string Key { get; init; } = "";

    /// <summary>Null where it was not given, which is a fault.</summary>
    public LabelSelectorOperator? Operator { get; init; }

    public IReadOnlyList<string> Values { get; init; } = [];
}

public enum LabelSelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
