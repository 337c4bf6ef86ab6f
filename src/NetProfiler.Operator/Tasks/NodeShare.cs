using k8s.Models;
using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Places;

namespace NetProfiler.Operator.Tasks;

/// <summary>One node's part in a task: whether it is to take part, and how far it is.</summary>
internal sealed record NodeShare
{
    /// <summary>How long an agent may say nothing before that is worth a word.</summary>
    public static readonly TimeSpan AgentPatience = Loops.AgentSightings.Patience;

    public required string NodeName { get; init; }

    /// <summary>Running containers of the task on it; 0: the node has been part of it, and keeps what it counted.</summary>
    public int Containers { get; init; }

    /// <summary>False: it is gone.</summary>
    public bool Exists { get; init; }

    public bool IsReady { get; init; }

    /// <summary>All places of the node are taken by tasks that started earlier.</summary>
    public bool IsFull { get; init; }

    /// <summary>Tasks of the same namespace that hold places on the node.</summary>
    public int HeldByNamespace { get; init; }

    /// <summary>The task's part of the node's configuration; null: not written yet.</summary>
    public NodeTask? Planned { get; init; }

    /// <summary>What the agent said about the task; null: nothing yet.</summary>
    public NodeTaskStatus? Told { get; init; }

    /// <summary>The agent's own condition; null: it has said nothing, or nothing against itself.</summary>
    public V1Condition? AgentFault { get; init; }

    /// <summary>The configuration was written so long ago and its agent has never answered.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Its agent has renewed no heartbeat for too long.</summary>
    public bool HasFallenSilent { get; init; }

    public bool IsDesired => Containers > 0 && !IsFull;

    public bool IsFailed => IsDesired && (Told?.State == NodeTaskState.Failed || AgentFault is not null);

    public bool IsUnreachable => IsDesired && !IsFailed && (!IsReady || IsSilent || HasFallenSilent);

    public bool IsCapturing => IsDesired && IsReady && !HasFallenSilent && Told?.State == NodeTaskState.Capturing;

    /// <summary>Nothing more will come.</summary>
    public bool HasFinalResults => Told?.State is NodeTaskState.Finished or NodeTaskState.Failed || !Exists || AgentFault is not null
        || Planned is null;

    /// <summary>It has captured, for however short a time.</summary>
    public bool HasCaptured => Told is { StartTime: not null } or { State: NodeTaskState.Capturing } or { Counts.Requests: > 0 };

    public bool Knows(long generation) => IsDesired && Told is { } told && told.Generation >= generation;

    public static NodeShare Of(
        string nodeName, string taskUid, string taskNamespace, int containers, bool exists, bool isReady, NodeProfilingConfig? config,
        int maxCapturing, DateTimeOffset now)
    {
        var planned = config?.Spec.Tasks.FirstOrDefault(task => task.Uid == taskUid);
        var others = (config?.Spec.Tasks ?? []).Where(task => task.Uid != taskUid).ToList();
        var capturing = others.Where(task => task.Targets.Count > 0).CountBy(task => task.Namespace).ToDictionary();
        int own = capturing.GetValueOrDefault(taskNamespace);
        // Of a full node, a namespace that has more than this one gives a place.
        bool mayCapture = capturing.Values.Sum() < maxCapturing || capturing.Values.Max() > own + 1;
        bool hasPlace = planned is { Targets.Count: > 0 }
            || (mayCapture && (planned is not null
                || new NodePlaces(others.Select(task => task.Namespace), maxCapturing).HasRoom(taskNamespace)));

        return new()
        {
            NodeName = nodeName,
            Containers = containers,
            Exists = exists,
            IsReady = isReady,
            IsFull = !hasPlace,
            HeldByNamespace = others.Count(task => task.Namespace == taskNamespace),
            Planned = planned,
            Told = config?.Status?.Tasks.FirstOrDefault(task => task.Uid == taskUid),
            AgentFault = Conditions.Find(config?.Status?.Conditions, ConditionType.AgentReady) is { Status: "False" } fault ? fault : null,
            IsSilent = config is { Status: null, Metadata.CreationTimestamp: { } created } && now - created >= AgentPatience,
        };
    }
}
