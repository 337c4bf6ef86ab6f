using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Targets;

/// <summary>Formats targets for display: <c>Deployment/cart</c>, <c>app=web,tier in (a,b)</c>.</summary>
internal static class TargetWords
{
    /// <summary>Maximum number of names in one message; further ones are counted.</summary>
    private const int MaxNamed = 3;

    public static string Of(IReadOnlyList<TaskTarget> targets) =>
        string.Join(", ", targets.Take(MaxNamed).Select(Of)) + (targets.Count > MaxNamed ? $" and {targets.Count - MaxNamed} more" : "");

    private static string Of(TaskTarget target) => target switch
    {
        { WorkloadRef: { } workload } => $"{workload.Kind}/{workload.Name}",
        { PodSelector: { } selector } => string.Join(',',
            selector.MatchLabels.Select(label => $"{label.Key}={label.Value}").Concat(selector.MatchExpressions.Select(Of))),
        _ => "an empty target",
    };

    private static string Of(LabelSelectorRequirement requirement) => requirement.Operator switch
    {
        LabelSelectorOperator.In => $"{requirement.Key} in ({string.Join(',', requirement.Values)})",
        LabelSelectorOperator.NotIn => $"{requirement.Key} notin ({string.Join(',', requirement.Values)})",
        LabelSelectorOperator.DoesNotExist => $"!{requirement.Key}",
        _ => requirement.Key,
    };
}
