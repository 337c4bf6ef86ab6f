using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>
/// The times of a task. Its time runs from when the operator accepts the task, except while it is suspended. The times are written to the
/// status before the configuration of any node, and are read from there, so they are the same after every restart.
/// </summary>
internal static class TaskLife
{
    /// <summary>Never becomes false again.</summary>
    public static bool IsOver(NetworkProfilingTask task) =>
        Conditions.IsTrue(task.Status?.Conditions, ConditionType.Complete)
            || Conditions.IsTrue(task.Status?.Conditions, ConditionType.Failed);

    /// <summary>Whether it was started, suspended since or not, and may have results on nodes.</summary>
    public static bool IsUnderWay(NetworkProfilingTask task) =>
        task.Metadata is { DeletionTimestamp: null, Uid: not null } && task.Status?.StartTime is not null && !IsOver(task);

    /// <summary>Whether it was created earlier than another task, and is not over.</summary>
    public static bool IsOlder(NetworkProfilingTask task, NetworkProfilingTask than) =>
        task.Metadata is { DeletionTimestamp: null, Uid: not null } && !IsOver(task)
        && (task.Metadata.CreationTimestamp, task.Metadata.Uid).CompareTo((than.Metadata.CreationTimestamp, than.Metadata.Uid)) < 0;

    /// <summary>Conservative: a suspension takes effect at once, a resumption when its new deadline has been written.</summary>
    public static bool MayCapture(NetworkProfilingTask task) =>
        IsUnderWay(task) && !task.Spec.Suspend && task.Status!.DeadlineTime is not null;

    /// <summary>Whether it waits for a place on a node, and may be given one.</summary>
    public static bool IsWaitingForPlace(NetworkProfilingTask task) =>
        IsUnderWay(task) && !task.Spec.Suspend && task.Status!.DeadlineTime is null
        && Conditions.Find(task.Status.Conditions, ConditionType.Accepted) is { Status: "False", Reason: ConditionReason.QuotaExceeded };

    /// <summary>When a node's agent stops by itself; in the past for a task that must not capture.</summary>
    public static DateTimeOffset NotAfter(NetworkProfilingTask task) =>
        MayCapture(task) ? task.Status!.DeadlineTime!.Value : task.Status!.StartTime!.Value;

    public static int LeftSeconds(NetworkProfilingTask task) =>
        int.Max(1, task.Spec.ActiveDeadlineSeconds - (task.Status?.ElapsedSeconds ?? 0));

    /// <summary>The times of the status from now on.</summary>
    /// <param name="isWaiting">The task waits for another one to end. Only before it captures: a task with a place keeps it.</param>
    /// <param name="now">In whole seconds, as in the status.</param>
    public static NetworkProfilingTaskStatus Advance(NetworkProfilingTask task, NetworkProfilingTaskStatus status, bool isWaiting,
        DateTimeOffset now)
    {
        bool wasSuspended = Conditions.IsTrue(task.Status?.Conditions, ConditionType.Suspended);
        bool hasWaited = status.DeadlineTime is null && Conditions.Find(task.Status?.Conditions, ConditionType.Accepted)
            is { Status: "False", Reason: ConditionReason.QuotaExceeded or ConditionReason.NamespaceQuotaExceeded };
        // The start time is then its position in the queue, and is set again when the wait is over.
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
        // Time after the deadline, or before the start if a clock was set back, does not count as running time.
        var end = status.DeadlineTime is { } deadline && deadline < now ? deadline : now;
        return (status.ElapsedSeconds ?? 0) + int.Max(0, (int)(end - status.StartTime!.Value).TotalSeconds);
    }
}
