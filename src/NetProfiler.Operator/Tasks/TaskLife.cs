using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>
/// A task's time. It runs from the moment the operator accepts the task, not while it is suspended. The times are written into the
/// status before any node is told, and everybody else reads them there: they are the same after every restart.
/// </summary>
internal static class TaskLife
{
    /// <summary>Never true and then false again.</summary>
    public static bool IsOver(NetworkProfilingTask task) =>
        Conditions.IsTrue(task.Status?.Conditions, ConditionType.Complete)
            || Conditions.IsTrue(task.Status?.Conditions, ConditionType.Failed);

    /// <summary>It was started, suspended since or not, and may have results on nodes.</summary>
    public static bool IsUnderWay(NetworkProfilingTask task) =>
        task.Metadata is { DeletionTimestamp: null, Uid: not null } && task.Status?.StartTime is not null && !IsOver(task);

    /// <summary>It was created earlier than another task, and is not over.</summary>
    public static bool IsOlder(NetworkProfilingTask task, NetworkProfilingTask than) =>
        task.Metadata is { DeletionTimestamp: null, Uid: not null } && !IsOver(task)
        && (task.Metadata.CreationTimestamp, task.Metadata.Uid).CompareTo((than.Metadata.CreationTimestamp, than.Metadata.Uid)) < 0;

    /// <summary>When in doubt not: a suspension counts at once, a resumption when its new deadline is written.</summary>
    public static bool MayCapture(NetworkProfilingTask task) =>
        IsUnderWay(task) && !task.Spec.Suspend && task.Status!.DeadlineTime is not null;

    /// <summary>It waits for a place on a node, and may be given one.</summary>
    public static bool IsWaitingForPlace(NetworkProfilingTask task) =>
        IsUnderWay(task) && !task.Spec.Suspend && task.Status!.DeadlineTime is null
        && Conditions.Find(task.Status.Conditions, ConditionType.Accepted) is { Status: "False", Reason: ConditionReason.QuotaExceeded };

    /// <summary>When a node's agent stops by itself; in the past for a task that must not capture.</summary>
    public static DateTimeOffset NotAfter(NetworkProfilingTask task) =>
        MayCapture(task) ? task.Status!.DeadlineTime!.Value : task.Status!.StartTime!.Value;

    public static int LeftSeconds(NetworkProfilingTask task) =>
        int.Max(1, task.Spec.ActiveDeadlineSeconds - (task.Status?.ElapsedSeconds ?? 0));

    /// <summary>The status' times as they are from now on.</summary>
    /// <param name="isWaiting">The task waits for another one to end. Only before it captures: who has a place keeps it.</param>
    /// <param name="now">Whole seconds, as the status keeps them.</param>
    public static NetworkProfilingTaskStatus Advance(NetworkProfilingTask task, NetworkProfilingTaskStatus status, bool isWaiting,
        DateTimeOffset now)
    {
        bool wasSuspended = Conditions.IsTrue(task.Status?.Conditions, ConditionType.Suspended);
        bool hasWaited = status.DeadlineTime is null && Conditions.Find(task.Status?.Conditions, ConditionType.Accepted)
            is { Status: "False", Reason: ConditionReason.QuotaExceeded or ConditionReason.NamespaceQuotaExceeded };
        // The start is then its turn in the queue, and moves to when the wait is over.
        if (isWaiting && !task.Spec.Suspend && (status.StartTime is null || hasWaited))
            return status with { StartTime = status.StartTime ?? now };

        if (task.Spec.Suspend)
            return wasSuspended || status.StartTime is null || status.DeadlineTime is null
                ? status with { DeadlineTime = null }
                : status with { DeadlineTime = null, ElapsedSeconds = ElapsedAt(status, now) };

        var start = wasSuspended || hasWaited || status.StartTime is null ? now : status.StartTime.Value;
        return status with { StartTime = start, DeadlineTime = start.AddSeconds(LeftSeconds(task)) };
    }

    private static int ElapsedAt(NetworkProfilingTaskStatus status, DateTimeOffset now)
    {
        // Time beyond the deadline, or before the start where a clock was set back, was no running time.
        var end = status.DeadlineTime is { } deadline && deadline < now ? deadline : now;
        return (status.ElapsedSeconds ?? 0) + int.Max(0, (int)(end - status.StartTime!.Value).TotalSeconds);
    }
}
