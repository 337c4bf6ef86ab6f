namespace NetProfiler.Kubernetes.Resources;

/// <summary>Kubernetes' selector: every label and every expression must hold.</summary>
public sealed record V1LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<V1LabelSelectorRequirement> MatchExpressions { get; init; } = [];

    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;
}

public sealed record V1LabelSelectorRequirement
{
    public string Key { get; init; } = "";

    /// <summary>Null where it was not given, which is a fault.</summary>
    public V1LabelSelectorOperator? Operator { get; init; }

    public IReadOnlyList<string> Values { get; init; } = [];
}

public enum V1LabelSelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
