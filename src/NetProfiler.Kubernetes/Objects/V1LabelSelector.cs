namespace NetProfiler.Kubernetes.Objects;

/// <summary>Kubernetes' selector: every label and every expression must hold.</summary>
public sealed record V1LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; set; } = new Dictionary<string, string>();

    public IReadOnlyList<V1LabelSelectorRequirement> MatchExpressions { get; set; } = [];

    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;
}

public sealed record V1LabelSelectorRequirement
{
    public string Key { get; set; } = "";

    /// <summary>Null where it was not given, which is a fault.</summary>
    public V1LabelSelectorOperator? Operator { get; set; }

    public IReadOnlyList<string> Values { get; set; } = [];
}

public enum V1LabelSelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
