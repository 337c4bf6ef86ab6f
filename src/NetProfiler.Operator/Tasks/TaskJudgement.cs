using NetProfiler.Api.Conditions;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Api.TaskFiles;
using NetProfiler.Api.Yaml;
using NetProfiler.Operator.Limits;

namespace NetProfiler.Operator.Tasks;

/// <summary>
/// Computes the desired status of a task from the task and the state of the cluster. The whole life cycle of a task is defined here.
/// </summary>
internal static class TaskJudgement
{
    /// <summary>Time after the deadline for agents to report their final results.</summary>
    public static readonly TimeSpan FinalResultsPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan NamespaceQuotaPeriod = TimeSpan.FromSeconds(10);

    /// <param name="exporters">The exporters that tasks can select by name.</param>
    public static TaskDecision Judge(NetworkProfilingTask task, TaskObservation seen, NamedExporters exporters, DateTimeOffset now)
    {
        // In whole seconds, as stored by the API server.
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        if (TaskLife.IsOver(task)) return JudgeOver(task, now);

        var conditions = new Conditions(task.Status?.Conditions, task.Metadata.Generation, now);
        var status = (task.Status ?? new()) with { ObservedGeneration = task.Metadata.Generation };

        bool isSpecNew = task.Status?.StartTime is null || task.Status.ObservedGeneration != task.Metadata.Generation;
        if (FaultOf(task, seen, exporters, isSpecNew) is { } fault)
            return Refuse(status, conditions, fault.Reason, fault.Message, now);

        string hash = !isSpecNew && status.ImmutableHash is { } known ? known : ImmutableFields.HashOf(task.Spec);
        status = TaskLife.Advance(task, status with { ImmutableHash = hash }, seen.IsWaiting, now);
        status = TaskProgress.Of(task, seen, status, conditions, now);
        if (task.Spec.Suspend)
        {
            conditions.Set(ConditionType.Suspended, true, ConditionReason.Suspended,
                "spec.suspend is true: capture is paused, and so is the deadline");
            return Running(status with { Phase = TaskPhase.Suspended }, conditions, null);
        }

        if (Conditions.Find(task.Status?.Conditions, ConditionType.Suspended) is not null)
            conditions.Set(ConditionType.Suspended, false, ConditionReason.Resumed, "spec.suspend is false");

        // The quota of the namespace is checked periodically; a place on a node triggers a reconciliation by the configuration.
        if (status.DeadlineTime is not { } deadline)
            return Running(status, conditions, seen.IsOverNamespaceQuota ? NamespaceQuotaPeriod : null);

        var missing = seen.Shares.Where(share => !share.HasFinalResults).ToList();
        if (now < deadline) return Running(status, conditions, Least(deadline - now, Silence(seen)));
        if (missing.Count > 0 && now < deadline + FinalResultsPatience)
            return Running(status, conditions, deadline + FinalResultsPatience - now);

        return End(task, seen, status, conditions, missing, now);
    }

    /// <summary>Why the task is refused. Null if it is accepted.</summary>
    private static (string Reason, string Message)? FaultOf(NetworkProfilingTask task, TaskObservation seen, NamedExporters exporters,
        bool isSpecNew)
    {
        if (TaskValidation.Check(task, TaskFileUse.Cluster) is [_, ..] faults)
            return (ReasonOf(faults[0]), faults[0] + (faults.Count > 1 ? $" (and {faults.Count - 1} more)" : ""));

        if (ImmutableFields.AreChanged(task))
            return (ConditionReason.ImmutableFieldChanged,
                "spec.targets and spec.sampling cannot be changed: delete the task and create another one");

        // Limits apply to new specifications, not to tasks that are running when an administrator lowers a limit.
        if (isSpecNew && LimitCheck.FaultOf(task, seen.Limits) is { } exceeded) return (ConditionReason.LimitExceeded, exceeded);

        // A running task continues without the exporter, with samples only in its status; agents report that.
        if (task.Status?.StartTime is null && task.Spec.ExportRef is { } wanted && exporters.FaultOf(wanted.Name) is { } unknown)
            return (ConditionReason.ExporterNotFound, $"spec.exportRef.name: {unknown}");

        return null;
    }

    /// <summary>An ended task is never computed again; it only waits for its deletion.</summary>
    private static TaskDecision JudgeOver(NetworkProfilingTask task, DateTimeOffset now)
    {
        var status = task.Status!;
        if (task.Spec.TtlSecondsAfterFinished is not { } ttl || status.CompletionTime is not { } end) return new(status);

        var left = end.AddSeconds(ttl) - now;
        return left > TimeSpan.Zero ? new(status, left) : new(status, Delete: true);
    }

    // A refusal is final, because the faulty fields may be immutable: the task is over.
    private static TaskDecision Refuse(NetworkProfilingTaskStatus status, Conditions conditions, string reason, string message,
        DateTimeOffset now)
    {
        conditions.Set(ConditionType.Accepted, false, reason, message);
        conditions.Set(ConditionType.Failed, true, reason, message);
        return Over(status with { Phase = TaskPhase.Failed }, conditions, now);
    }

    private static string ReasonOf(FieldFault fault) => fault.Path switch
    {
        var path when path.StartsWith("spec.sampling", StringComparison.Ordinal) => ConditionReason.InvalidSampling,
        var path when path.StartsWith("spec.targets", StringComparison.Ordinal)
            || path.StartsWith("spec.nodeSelector", StringComparison.Ordinal) =>
            ConditionReason.InvalidSelector,
        _ => ConditionReason.InvalidSpec,
    };

    private static TaskDecision End(
        NetworkProfilingTask task, TaskObservation seen, NetworkProfilingTaskStatus status, Conditions conditions,
        List<NodeShare> missing, DateTimeOffset now)
    {
        if (missing.Count > 0)
            conditions.Set(ConditionType.Degraded, true, ConditionReason.ResultsMissing,
                $"the final results of {Nodes(missing.Select(share => share.NodeName))} did not arrive within "
                    + $"{FinalResultsPatience.TotalSeconds} s of the deadline");

        bool hasCaptured = status.Summary is not null || seen.Shares.Any(share => share.HasCaptured);
        if (hasCaptured)
            conditions.Set(ConditionType.Complete, true, ConditionReason.DeadlineReached,
                $"captured for {task.Spec.ActiveDeadlineSeconds} s");
        else if (seen.Shares.Count == 0)
            conditions.Set(ConditionType.Failed, true, ConditionReason.NoTargets,
                $"no matching container was running within {task.Spec.ActiveDeadlineSeconds} s");
        else if (seen.Shares.All(share => share.IsFull))
            conditions.Set(ConditionType.Failed, true, ConditionReason.QuotaExceeded, "task quota reached on every node");
        else
            conditions.Set(ConditionType.Failed, true, ConditionReason.AllNodesFailed,
                $"no node captured any traffic: {Nodes(seen.Shares.Select(share => share.NodeName))}; see status.nodeFailures");

        conditions.Set(ConditionType.Capturing, false, ConditionReason.Finished, "the deadline was reached");
        status = status with
        {
            Phase = hasCaptured ? TaskPhase.Completed : TaskPhase.Failed,
            Nodes = status.Nodes is { } nodes ? nodes with { Capturing = 0 } : null,
        };
        return Over(status, conditions, now);
    }

    private static TaskDecision Running(NetworkProfilingTaskStatus status, Conditions conditions, TimeSpan? lookAgainAfter) =>
        new(StatusSize.Bound(With(status, conditions)), lookAgainAfter);

    // The write of the status triggers the reconciliation that schedules the deletion.
    private static TaskDecision Over(NetworkProfilingTaskStatus status, Conditions conditions, DateTimeOffset now) =>
        new(StatusSize.Bound(With(status, conditions) with { CompletionTime = now }));

    private static NetworkProfilingTaskStatus With(NetworkProfilingTaskStatus status, Conditions conditions)
    {
        var list = conditions.ToList();
        return status with { Conditions = list, Message = TaskMessage.Of(list) };
    }

    /// <summary>When a silent agent exceeds its patience, and the silence must be reported.</summary>
    private static TimeSpan? Silence(TaskObservation seen) =>
        seen.Shares.Any(share => share is { IsDesired: true, Told: null, IsSilent: false }) ? NodeShare.AgentPatience : null;

    private static TimeSpan Least(TimeSpan one, TimeSpan? other) => other < one ? other.Value : one;

    internal static string Nodes(IEnumerable<string> names)
    {
        const int MaxNames = 3;
        var sorted = names.Order(StringComparer.Ordinal).ToList();
        var first = string.Join(", ", sorted.Take(MaxNames));
        return $"{sorted.Count} {(sorted.Count == 1 ? "node" : "nodes")} ({first}{(sorted.Count > MaxNames ? ", …" : "")})";
    }
}
