using k8s.Models;
using NetProfiler.Api.Conditions;

namespace NetProfiler.Operator.Tasks;

/// <summary>The one sentence that <c>kubectl get -o wide</c> shows in the column REASON.</summary>
internal static class TaskMessage
{
    /// <summary>What needs attention, or why the task waits or ended; null if the task is healthy.</summary>
    public static string? Of(IReadOnlyList<V1Condition> conditions)
    {
        if (If(ConditionType.Complete, "True") is not null) return If(ConditionType.Degraded, "True");

        // The first that applies: what keeps the task from working stands before what makes its results incomplete.
        return If(ConditionType.Failed, "True")
            ?? If(ConditionType.Accepted, "False")
            ?? If(ConditionType.Suspended, "True")
            ?? If(ConditionType.TargetsFound, "False")
            ?? If(ConditionType.Degraded, "True")
            ?? (If(ConditionType.Capturing, "True") is null
                ? If(ConditionType.Programmed, "False") ?? If(ConditionType.Capturing, "False") : null);

        string? If(string type, string status) => Conditions.Find(conditions, type) is { } found && found.Status == status
            ? found.Message : null;
    }
}
