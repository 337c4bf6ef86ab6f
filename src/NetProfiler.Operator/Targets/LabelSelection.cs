using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Targets;

/// <summary>Kubernetes' selectors, by its rules, except that an empty selector, and one that is not supported, selects nothing.</summary>
internal static class LabelSelection
{
    public static bool Selects(this LabelSelector selector, IReadOnlyDictionary<string, string> labels) =>
        !selector.IsEmpty
        && selector.MatchLabels.All(label => labels.TryGetValue(label.Key, out var value) && value == label.Value)
        && selector.MatchExpressions.All(requirement => IsMet(requirement, labels));

    /// <summary>An empty selector selects every node; an unknown node is never selected.</summary>
    public static bool SelectsNode(this IReadOnlyDictionary<string, string> nodeSelector,
        IReadOnlyDictionary<string, string>? nodeLabels) =>
        nodeLabels is not null && nodeSelector.All(label => nodeLabels.TryGetValue(label.Key, out var value) && value == label.Value);

    private static bool IsMet(LabelSelectorRequirement requirement, IReadOnlyDictionary<string, string> labels)
    {
        var value = labels.GetValueOrDefault(requirement.Key);
        return requirement.Operator switch
        {
            LabelSelectorOperator.In => value is not null && requirement.Values.Contains(value),
            LabelSelectorOperator.NotIn => value is null || !requirement.Values.Contains(value),
            LabelSelectorOperator.Exists => value is not null,
            LabelSelectorOperator.DoesNotExist => value is null,
            _ => false,
        };
    }
}
