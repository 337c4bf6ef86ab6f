using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Events;

namespace NetProfiler.Operator.Tasks;

/// <summary>A transition that is published as an event: a condition became true, or false for a significant reason.</summary>
/// <param name="Action">What happened, as one CamelCase word.</param>
internal readonly record struct TaskTransition(EventType Type, string Reason, string Action, string Note)
{
    /// <summary>
    /// One per fault, however many conditions it changes: the task's failure first, then transitions that are not its consequence.
    /// </summary>
    public static IReadOnlyList<TaskTransition> Between(NetworkProfilingTaskStatus? before, NetworkProfilingTaskStatus after)
    {
        var all = Changes(before, after).ToList();
        bool hasFailed = all.Exists(one => one.Action == "Fail");
        bool hasNoNode = all.Exists(one => one.Reason == ConditionReason.AllNodesFailed);
        return
        [
            .. all.Where(one => one.Type == EventType.Normal
                || ((!hasFailed || one.Action == "Fail") && !(hasNoNode && one.Reason == ConditionReason.NodesFailed)))
                .DistinctBy(one => one.Type == EventType.Warning ? one.Reason : one.Action + one.Reason),
        ];
    }

    private static IEnumerable<TaskTransition> Changes(NetworkProfilingTaskStatus? before, NetworkProfilingTaskStatus after)
    {
        foreach (var now in after.Conditions ?? [])
        {
            var old = Conditions.Find(before?.Conditions, now.Type);
            if (old?.Status == now.Status && old.Reason == now.Reason) continue;

            // The initial state "not yet" is not a transition.
            var (type, action) = (now.Type, now.Status) switch
            {
                (ConditionType.Accepted, "True") => (EventType.Normal, "Accept"),
                (ConditionType.Accepted, _) => (EventType.Warning, "Accept"),
                (ConditionType.TargetsFound, "False") when now.Reason == ConditionReason.TargetsEnded => (EventType.Normal, "FindTargets"),
                (ConditionType.TargetsFound, "False") => (EventType.Warning, "FindTargets"),
                (ConditionType.TargetsFound, _) => (EventType.Normal, "FindTargets"),
                (ConditionType.Capturing, "True") => (EventType.Normal, "Capture"),
                (ConditionType.Capturing, _) when now.Reason == ConditionReason.AllNodesFailed => (EventType.Warning, "Capture"),
                (ConditionType.Degraded, "True") => (EventType.Warning, "Capture"),
                (ConditionType.Suspended, "True") => (EventType.Normal, "Suspend"),
                (ConditionType.Suspended, _) => (EventType.Normal, "Resume"),
                (ConditionType.Complete, "True") => (EventType.Normal, "Complete"),
                (ConditionType.Failed, "True") => (EventType.Warning, "Fail"),
                _ => default,
            };
            if (action is not null) yield return new(type, now.Reason, action, now.Message);
        }
    }
}
