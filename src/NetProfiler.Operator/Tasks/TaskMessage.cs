using k8s.Models;
using NetProfiler.Api.Conditions;

namespace NetProfiler.Operator.Tasks;

/// <summary>The sentence in the column REASON of <c>kubectl get -o wide</c>.</summary>
internal static class TaskMessage
{
    /// <summary>What needs attention, or why the task waits or ended. Null if the task is healthy.</summary>
    public static string? Of(IReadOnlyList<V1Condition> conditions)
    {
        if (If(ConditionType.Complete, "True") is not null) return If(ConditionType.Degraded, "True");

        // The first that applies: causes that keep the task from working precede those that make its results incomplete.
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
