using k8s.Models;
using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Places;

namespace NetProfiler.Operator.Tasks;

/// <summary>One node's part in a task: whether it should participate, and its progress.</summary>
internal sealed record NodeShare
{
    /// <summary>How long an agent may be silent before that is reported.</summary>
    public static readonly TimeSpan AgentPatience = Loops.AgentSightings.Patience;

    public required string NodeName { get; init; }

    /// <summary>Number of running containers of the task on the node. 0 if the node has participated, and keeps its counts.</summary>
    public int Containers { get; init; }

    /// <summary>False if the node was deleted.</summary>
    public bool Exists { get; init; }

    public bool IsReady { get; init; }

    /// <summary>Whether the node's task quota is used up by tasks that started earlier.</summary>
    public bool IsFull { get; init; }

    /// <summary>Number of tasks of the same namespace in the node's quota.</summary>
    public int HeldByNamespace { get; init; }

    /// <summary>The task's part of the node's configuration. Null if it has not been written yet.</summary>
    public NodeTask? Planned { get; init; }

    /// <summary>The agent's status of the task. Null if it has not reported yet.</summary>
    public NodeTaskStatus? Told { get; init; }

    /// <summary>The agent's own condition. Null if the agent has not reported, or is ready.</summary>
    public V1Condition? AgentFault { get; init; }

    /// <summary>Whether the agent has not answered since the configuration was written, for longer than its patience.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Whether the agent has not renewed its heartbeat for too long.</summary>
    public bool HasFallenSilent { get; init; }

    public bool IsDesired => Containers > 0 && !IsFull;

    public bool IsFailed => IsDesired && (Told?.State == NodeTaskState.Failed || AgentFault is not null);

    public bool IsUnreachable => IsDesired && !IsFailed && (!IsReady || IsSilent || HasFallenSilent);

    public bool IsCapturing => IsDesired && IsReady && !HasFallenSilent && Told?.State == NodeTaskState.Capturing;

    /// <summary>Whether no more results will follow.</summary>
    public bool HasFinalResults => Told?.State is NodeTaskState.Finished or NodeTaskState.Failed || !Exists || AgentFault is not null
        || Planned is null;

    /// <summary>Whether it has captured at any time.</summary>
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
        // On a full node, a namespace yields a place to one that has at least two tasks fewer.
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
