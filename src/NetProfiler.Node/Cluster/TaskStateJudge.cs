using NetProfiler.Api.Conditions;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Cluster;

/// <summary>Determines the state of a task on this node. Pure.</summary>
internal static class TaskStateJudge
{
    /// <param name="isCapturing">Whether the kernel side is attached.</param>
    /// <param name="captureFault">Why this machine cannot be profiled. Null if it can, as far as is known.</param>
    public static TaskCondition Of(TaskExecution task, bool isCapturing, string? captureFault, NamedExporters exporters)
    {
        if (task.Fault is { } fault) return new(NodeTaskState.Failed, fault.Reason, fault.Message);
        if (!task.IsDue) return new(NodeTaskState.Finished);
        if (captureFault is not null) return new(NodeTaskState.Failed, "CannotProfile", captureFault);
        if (!isCapturing) return new(NodeTaskState.Attaching);

        var state = task.Captured.Count > 0 ? NodeTaskState.Capturing : NodeTaskState.Attaching;
        if (task.Missing > 0) return new(state, "TargetsNotFound", MissingOf(task));

        if (task.Plan?.Rules.SwitchedOff is [_, ..] rules)
            return new(state, ConditionReason.RuleSwitchedOff,
                $"rule {string.Join(", ", rules)} is switched off: its uriRegex needs too many steps for one path; write a simpler one");

        // The operator has accepted the exporter, so its file of exporters differs, or this agent has not been restarted since the file
        // changed.
        return task.Share.ExportRef is { } reference && exporters.FaultOf(reference.Name) is { } unknown
            ? new(state, NamedExporters.NotFound, $"{unknown}; samples are kept for the task's status only")
            : new(state);
    }

    private static string MissingOf(TaskExecution task)
    {
        var first = task.Containers.First(container => !task.Captured.Contains(container));
        return $"{task.Missing} of {task.Containers.Count} containers have no control group on this node, such as {first.Name} of pod "
            + $"{first.PodName}, {first.Id}: "
            + "they have ended, or the node's control groups are not mounted";
    }
}
