using NetProfiler.Analysis.Events;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// A task of this node's configuration and its progress on this node, as of one moment. Immutable: <see cref="NodeTasks"/> holds the
/// current one.
/// </summary>
/// <param name="Share">The task's part of the node's configuration.</param>
/// <param name="Plan">Null if the rules are faulty, which <see cref="Fault"/> explains.</param>
/// <param name="Earlier">The report of an earlier process, or of earlier rules; counts continue from it. Null if absent.</param>
/// <param name="PeriodStarted">Timestamp from which <see cref="NodeTask.MaxDurationSeconds"/> is counted.</param>
internal sealed record TaskExecution(NodeTask Share, ProfilingPlan? Plan, NodeTaskStatus? Earlier, long PeriodStarted)
{
    /// <summary>Same as the limit in the schema.</summary>
    private const int MaxInterruptions = 8;

    public string Uid => Share.Uid;

    /// <summary>The task as <c>namespace/name</c>.</summary>
    public string Name => $"{Share.Namespace}/{Share.Name}";

    /// <summary>Why the task cannot run on this node. Null if it can.</summary>
    public (string Reason, string Message)? Fault { get; init; }

    /// <summary>The task's containers on this node, present or not.</summary>
    public IReadOnlyList<ContainerIdentity> Containers { get; init; } = [];

    /// <summary>Why the task's TLS is not read on this node. Null if it is, or was not requested.</summary>
    public string? TlsFault { get; init; }

    /// <summary>Whether collectors take the task's samples. Null if they go to none.</summary>
    public NodeTaskExporting? Exporting { get; init; }

    /// <summary>Those of <see cref="Containers"/> that are captured.</summary>
    public IReadOnlyList<ContainerIdentity> Captured { get; init; } = [];

    /// <summary>Whether the task had containers and time left at the latest <see cref="Look"/>.</summary>
    public bool IsDue { get; init; }

    /// <summary>When the task first captured on this node. Null until then.</summary>
    public DateTimeOffset? StartTime { get; init; } = Earlier?.StartTime;

    public TaskCondition Condition { get; init; }

    /// <summary>Periods in which the agent did not capture although the task was running. The latest may still last.</summary>
    public IReadOnlyList<NodeTaskInterruption> Interruptions { get; init; } = Earlier?.Interruptions ?? [];

    /// <summary>Number of events lost while the task captured.</summary>
    public long LostEvents { get; init; }

    /// <summary>The latest report. Null until the first.</summary>
    public NodeTaskStatus? Reported { get; init; }

    public int Missing => Containers.Count - Captured.Count;

    /// <summary>Value of the kernel side's loss counter when it was read last. Null while the task does not capture.</summary>
    private long? LostBefore { get; init; }

    /// <summary>
    /// The task with a changed share of equal rules. A task that gets its first targets back starts a new period (it was suspended, or had
    /// no pods), and so does one that waited for the node's task quota and is given time.
    /// </summary>
    public TaskExecution With(NodeTask share, TimeProvider time) => ReferenceEquals(share, Share) ? this : this with
    {
        Share = share,
        PeriodStarted = (Share.Targets.Count == 0 || StartTime is null) && share.Targets.Count > 0 && share.NotAfter != Share.NotAfter
            ? time.GetTimestamp() : PeriodStarted,
    };

    /// <summary>When the task ends by this clock: the earlier of both limits.</summary>
    public DateTimeOffset EndsAt(TimeProvider time)
    {
        var now = time.GetUtcNow();
        var left = TimeSpan.FromSeconds(Share.MaxDurationSeconds) - time.GetElapsedTime(PeriodStarted);
        return Share.NotAfter - now < left ? Share.NotAfter : now + left;
    }

    public TaskExecution Look(TimeProvider time) =>
        this with { IsDue = Fault is null && Share.Targets.Count > 0 && EndsAt(time) > time.GetUtcNow() };

    /// <summary>
    /// The task with the interruption that the end of an earlier process caused, if the <see cref="Earlier"/> report of that process was
    /// capturing.
    /// </summary>
    /// <param name="heartbeat">Latest time at which that process was known to be running.</param>
    public TaskExecution WithInterruption(DateTimeOffset? heartbeat)
    {
        bool wasStopped = Earlier is { State: NodeTaskState.Pending, Reason: TaskCondition.AgentStopped };
        bool captured = Earlier is { StartTime: not null }
            && (wasStopped || Earlier.State is NodeTaskState.Attaching or NodeTaskState.Capturing);
        if (!captured || Interruptions is [.., { To: null }]) return this;
        var from = Earlier!.ResultsTime is { } results && !(heartbeat > results) ? results : heartbeat ?? Earlier.StartTime!.Value;
        NodeTaskInterruption begun = new() { From = from, Reason = wasStopped ? TaskCondition.AgentStopped : "AgentLost" };
        return this with { Interruptions = [.. Interruptions.TakeLast(MaxInterruptions - 1), begun] };
    }

    /// <summary>The task in another state. Capturing ends an interruption.</summary>
    public TaskExecution With(TaskCondition condition, DateTimeOffset now)
    {
        bool captures = condition.State == NodeTaskState.Capturing;
        var resumed = captures && Interruptions is [.., { To: null } last] ? [.. Interruptions.SkipLast(1), last with { To = now }]
            : Interruptions;
        var started = StartTime ?? (captures ? now : null);
        return condition == Condition && started == StartTime && ReferenceEquals(resumed, Interruptions) ? this
            : this with { Condition = condition, StartTime = started, Interruptions = resumed };
    }

    /// <param name="lostEvents">Current value of the kernel side's loss counter.</param>
    public TaskExecution CountLost(long lostEvents) => this with
    {
        LostEvents = LostEvents + (LostBefore is { } before ? lostEvents - before : 0),
        LostBefore = Captured.Count > 0 ? lostEvents : null,
    };
}

/// <summary>The state of a task on this node, as reported.</summary>
/// <param name="Reason">One CamelCase word. Null if there is nothing to explain.</param>
internal readonly record struct TaskCondition(NodeTaskState State, string? Reason = null, string? Message = null)
{
    public const string AgentStopped = "AgentStopped";
}
