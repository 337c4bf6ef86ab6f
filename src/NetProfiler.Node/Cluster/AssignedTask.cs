using NetProfiler.Analysis.Peers;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Cluster;

/// <summary>A task as this node's configuration has it, and what became of it here. The agent's own loop only.</summary>
/// <param name="earlier">What was reported of it before this process, or before its rules changed; counts go on from there.</param>
internal sealed class AssignedTask(NodeTask share, ProfilingPlan? plan, NodeTaskStatus? earlier, TimeProvider time)
{
    private long _periodStarted = time.GetTimestamp();

    public string Uid => Share.Uid;

    /// <summary>As <c>namespace/name</c>.</summary>
    public string Name => $"{Share.Namespace}/{Share.Name}";

    public NodeTask Share { get; private set; } = share;

    /// <summary>Null: its rules are faulty, which <see cref="Fault"/> says.</summary>
    public ProfilingPlan? Plan { get; } = plan;

    public NodeTaskStatus? Earlier { get; } = earlier;

    /// <summary>Why it cannot be at work; null: it can.</summary>
    public (string Reason, string Message)? Fault { get; init; }

    /// <summary>Its containers, whether they are here or not.</summary>
    public IReadOnlyList<ContainerIdentity> Containers { get; set; } = [];

    /// <summary>Those of them that are captured.</summary>
    public IReadOnlyList<ContainerIdentity> Captured { get; set; } = [];

    /// <summary>When it captured first, on this node.</summary>
    public DateTimeOffset? StartTime { get; set; } = earlier?.StartTime;

    public NodeTaskState State { get; set; }

    public string? Reason { get; set; }

    public string? Message { get; set; }

    /// <summary>Events that were lost while it captured.</summary>
    public long LostEvents { get; private set; }

    /// <summary>What was reported last.</summary>
    public NodeTaskStatus? Reported { get; set; }

    private long? _lostBefore;

    /// <summary>The operator changed its share. True: so much that its rules begin anew.</summary>
    public bool Change(NodeTask share)
    {
        // It was suspended, or its pods were away: then the time that it may take is told anew.
        if (Share.Targets.Count == 0 && share.Targets.Count > 0 && share.NotAfter != Share.NotAfter) _periodStarted = time.GetTimestamp();
        bool isAnother = !TaskPlan.HasSameRules(Share, share);
        Share = share;
        return isAnother;
    }

    /// <summary>When its time is over, by this clock; the earlier of both limits.</summary>
    public DateTimeOffset EndsAt
    {
        get
        {
            var now = time.GetUtcNow();
            var left = TimeSpan.FromSeconds(Share.MaxDurationSeconds) - time.GetElapsedTime(_periodStarted);
            return Share.NotAfter - now < left ? Share.NotAfter : now + left;
        }
    }

    /// <summary>It has containers, and had time at the latest <see cref="Look"/>.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Looks at the clock.</summary>
    public void Look() => IsDue = Fault is null && Share.Targets.Count > 0 && EndsAt > time.GetUtcNow();

    /// <summary>Whether it captures, and what the kernel side had lost by then.</summary>
    public void CountLost(bool isCapturing, long lostEvents)
    {
        if (_lostBefore is { } before) LostEvents += lostEvents - before;
        _lostBefore = isCapturing ? lostEvents : null;
    }
}
