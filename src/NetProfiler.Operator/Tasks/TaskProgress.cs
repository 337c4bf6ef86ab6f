using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Places;
using NetProfiler.Operator.Results;
using NetProfiler.Operator.Targets;

namespace NetProfiler.Operator.Tasks;

/// <summary>The progress of a task: its targets, nodes and results, and the conditions derived from them.</summary>
internal static class TaskProgress
{
    /// <summary>Same as the limit in the schema: the first ones by name.</summary>
    private const int MaxNodeFailures = 10;

    private const int MaxFailureMessageLength = 1024;

    /// <summary>Maximum number of names in one message.</summary>
    private const int MaxContainerNames = 3;

    public static NetworkProfilingTaskStatus Of(
        NetworkProfilingTask task, TaskObservation seen, NetworkProfilingTaskStatus status, Conditions conditions, DateTimeOffset now)
    {
        long generation = task.Metadata.Generation ?? 0;
        // A suspended task should not capture on any node.
        IReadOnlyList<NodeShare> desired = task.Spec.Suspend ? [] : [.. seen.Shares.Where(share => share.IsDesired)];
        var results = TaskResults.Of(
            [.. seen.Shares.Where(share => share.Told is not null).Select(share => new NodeReport(share.NodeName, share.Told!))],
            task.Spec.Sampling.TopN);

        SetAccepted(seen, conditions);
        SetTargetsFound(task, seen, conditions);
        SetProgrammed(task, desired, generation, conditions);
        SetCapturing(task, desired, conditions);
        OptionalConditions.SetExporting(desired, conditions);
        if (task.Spec.Tls.Enabled) OptionalConditions.SetTlsRead(desired, results.Summary?.Tls, conditions);
        SetDegraded(seen, desired, results, conditions);

        return status with
        {
            // A task whose pods have all ended, such as a Job's, still runs: its counts are kept until the deadline.
            Phase = desired.Any(share => share.IsCapturing) || HasEnded(seen) ? TaskPhase.Running : TaskPhase.Pending,
            Targets = new() { Pods = seen.Targets.Pods, Containers = seen.Targets.Containers, Nodes = seen.Targets.ContainersByNode.Count },
            Nodes = new()
            {
                Desired = desired.Count,
                Configured = desired.Count(share => share.Knows(generation)),
                Capturing = desired.Count(share => share.IsCapturing),
                Failed = desired.Count(share => share.IsFailed),
                Unreachable = desired.Count(share => share.IsUnreachable),
            },
            NodeFailures = FailuresOf(desired, status.NodeFailures, now),
            Interruptions = results.Interruptions,
            Summary = results.Summary,
            TopTraces = results.TopTraces,
            Peers = results.Peers,
            ResultsTime = results.ResultsTime,
            Truncated = results.Truncated ? true : null,
        };
    }

    private static void SetAccepted(TaskObservation seen, Conditions conditions)
    {
        if (seen.IsOverNamespaceQuota)
            conditions.Set(ConditionType.Accepted, false, ConditionReason.NamespaceQuotaExceeded,
                $"this namespace may have {Count(seen.Limits.MaxTasks!.Value, "task")} at a time and has {seen.OlderTasks} older: "
                    + "waiting for a task to end");
        else if (seen.IsOverQuotaEverywhere)
            conditions.Set(ConditionType.Accepted, false, ConditionReason.QuotaExceeded,
                $"{Names(seen.Shares, share => share is { Containers: > 0, IsFull: true })} reached the task quota, of which this "
                    + $"namespace holds {HeldOf(seen)}: waiting for a task to end");
        else
            conditions.Set(ConditionType.Accepted, true, ConditionReason.Accepted, "the specification is valid");
    }

    // The quota is shared between namespaces, so the message states how many places this namespace uses.
    private static string HeldOf(TaskObservation seen) =>
        Count(seen.Shares.Where(share => share is { Containers: > 0, IsFull: true }).Max(share => share.HeldByNamespace), "task");

    private static bool HasEnded(TaskObservation seen) => seen.Targets.Containers == 0 && seen.Shares.Any(share => share.HasCaptured);

    private static void SetTargetsFound(NetworkProfilingTask task, TaskObservation seen, Conditions conditions)
    {
        var targets = seen.Targets;
        if (targets.Containers > 0)
            conditions.Set(ConditionType.TargetsFound, true, ConditionReason.TargetsFound,
                $"{Count(targets.Containers, "container")} in {Count(targets.Pods, "pod")} on "
                    + $"{Count(targets.ContainersByNode.Count, "node")}");
        else if (targets.MatchingPods == 0)
            conditions.Set(ConditionType.TargetsFound, false, ConditionReason.NoMatchingPods,
                $"no pod in this namespace matches spec.targets: {TargetWords.Of(task.Spec.Targets)}");
        else if (targets.ExcludedPods > 0)
            conditions.Set(ConditionType.TargetsFound, false, ConditionReason.NodeSelectorExcludesAll,
                $"{Matching(targets.ExcludedPods)}, but {(targets.ExcludedPods == 1 ? "it runs" : "all run")} on nodes that "
                    + "spec.nodeSelector excludes");
        else if (targets.PodsWithoutContainer == targets.MatchingPods)
            conditions.Set(ConditionType.TargetsFound, false, ConditionReason.ContainerNotFound,
                $"{Matching(targets.MatchingPods)}, but none has a container named "
                + string.Join(" or ", task.Spec.Targets.SelectMany(target => target.ContainerNames).Distinct().Take(MaxContainerNames)));
        else if (HasEnded(seen))
            conditions.Set(ConditionType.TargetsFound, false, ConditionReason.TargetsEnded,
                "no matching container is running any more; the counts are kept until the deadline");
        else
            conditions.Set(ConditionType.TargetsFound, false, ConditionReason.PodsNotRunning,
                $"{Matching(targets.MatchingPods)}, but no matching container is running");
    }

    private static void SetProgrammed(NetworkProfilingTask task, IReadOnlyList<NodeShare> desired, long generation, Conditions conditions)
    {
        int knowing = desired.Count(share => share.Knows(generation));
        if (task.Spec.Suspend)
            conditions.Set(ConditionType.Programmed, false, ConditionReason.Suspended, "the task is suspended");
        else if (desired.Count == 0)
            conditions.Set(ConditionType.Programmed, false, ConditionReason.NoTargets, "no node runs a matching container");
        else if (knowing == desired.Count)
            conditions.Set(ConditionType.Programmed, true, ConditionReason.Programmed,
                $"{knowing} of {Count(desired.Count, "node")} acknowledged this generation");
        else if (desired.Any(share => share.IsFailed))
            conditions.Set(ConditionType.Programmed, false, ConditionReason.NodeFailed,
                $"{Names(desired, share => share.IsFailed)} cannot capture: {WhyFailed(desired)}");
        else if (desired.Any(share => share.IsUnreachable))
            conditions.Set(ConditionType.Programmed, false, ConditionReason.AgentNotReady,
                $"{Names(desired, share => share.IsUnreachable)} did not report: check that the node is ready and its agent is running");
        else
            conditions.Set(ConditionType.Programmed, false, ConditionReason.WaitingForNodes,
                $"{knowing} of {Count(desired.Count, "node")} acknowledged this generation");
    }

    private static void SetCapturing(NetworkProfilingTask task, IReadOnlyList<NodeShare> desired, Conditions conditions)
    {
        int capturing = desired.Count(share => share.IsCapturing);
        if (capturing > 0)
            conditions.Set(ConditionType.Capturing, true, ConditionReason.Capturing,
                $"capturing on {capturing} of {Count(desired.Count, "node")}");
        else if (task.Spec.Suspend)
            conditions.Set(ConditionType.Capturing, false, ConditionReason.Suspended, "the task is suspended");
        else if (desired.Count > 0 && desired.All(share => share.IsFailed))
            conditions.Set(ConditionType.Capturing, false, ConditionReason.AllNodesFailed,
                $"{Names(desired, _ => true)} cannot capture: {WhyFailed(desired)}");
        else
            conditions.Set(ConditionType.Capturing, false, ConditionReason.NotStarted, "no node is capturing yet");
    }

    private static void SetDegraded(TaskObservation seen, IReadOnlyList<NodeShare> desired, TaskResults results, Conditions conditions)
    {
        // Most severe first.
        if (desired.Any(share => share.IsFailed))
            Degraded(ConditionReason.NodesFailed, $"{Names(desired, share => share.IsFailed)} cannot capture: {WhyFailed(desired)}");
        else if (desired.Any(share => share.IsUnreachable))
            Degraded(ConditionReason.NodesUnreachable, $"{Names(desired, share => share.IsUnreachable)} did not report");
        else if (seen.Shares.Any(share => share is { IsFull: true, Containers: > 0 }))
            Degraded(ConditionReason.QuotaExceeded,
                $"{Names(seen.Shares, share => share is { IsFull: true, Containers: > 0 })} reached the task quota, of which this "
                    + $"namespace holds {HeldOf(seen)}");
        else if (desired.Any(IsLimited))
            Degraded(ConditionReason.TargetsLimited,
                $"{Names(desired, IsLimited)} have more than {NodeLimits.MaxTargetsPerTask} containers: "
                    + $"{desired.Where(IsLimited).Sum(share => share.Containers - NodeLimits.MaxTargetsPerTask)} are not captured");
        else if (desired.Any(HasRuleOff))
            Degraded(ConditionReason.RuleSwitchedOff, $"on {Names(desired, HasRuleOff)} {desired.First(HasRuleOff).Told!.Message}");
        else if (desired.Any(HasNoExporter))
            Degraded(ConditionReason.ExporterNotFound,
                $"{Names(desired, HasNoExporter)} cannot send samples: {desired.First(HasNoExporter).Told!.Message}");
        else if (desired.Any(OptionalConditions.IsNotExporting))
            Degraded(ConditionReason.CollectorFailing, OptionalConditions.WhyNotExporting(desired));
        else if (desired.Any(OptionalConditions.HasNoTls))
            Degraded(ConditionReason.TlsNotSupported, OptionalConditions.WithoutTls(desired));
        else if (results.Summary is { DroppedEvents: > 0 } summary)
            Degraded(ConditionReason.EventsLost,
                $"{Count(summary.DroppedEvents, "event")} lost between the kernel and the agent: counts are too low");
        else if (results.Interruptions is [.., var latest] interruptions)
            Degraded(ConditionReason.Interrupted,
                $"{Count(interruptions.Count, "interruption")}, the latest on {latest.NodeName} from {latest.From:u} to "
                    + $"{(latest.To is { } end ? $"{end:u}" : "now or the end")}: "
                + "exchanges during that time were not captured");
        else
            conditions.Set(ConditionType.Degraded, false, ConditionReason.AsExpected, "no node failed and nothing was lost");

        void Degraded(string reason, string message) => conditions.Set(ConditionType.Degraded, true, reason, message);

        static bool HasRuleOff(NodeShare share) => share.Told?.Reason == ConditionReason.RuleSwitchedOff;

        static bool HasNoExporter(NodeShare share) => share.Told?.Reason == ConditionReason.ExporterNotFound;

        static bool IsLimited(NodeShare share) => share.Containers > NodeLimits.MaxTargetsPerTask;
    }

    private static TaskNodeFailure[]? FailuresOf(
        IReadOnlyList<NodeShare> desired, IReadOnlyList<TaskNodeFailure>? before, DateTimeOffset now)
    {
        TaskNodeFailure[] failures =
        [
            .. desired.Where(share => share.IsFailed || share.IsUnreachable)
                .OrderBy(share => share.NodeName, StringComparer.Ordinal)
                .Take(MaxNodeFailures)
                .Select(FailureOf),
        ];
        return failures.Length == 0 ? null : failures;

        TaskNodeFailure FailureOf(NodeShare share)
        {
            var (reason, message) = ReasonOf(share);
            var since = before?.FirstOrDefault(failure => failure.NodeName == share.NodeName
                && failure.Reason == reason)?.LastTransitionTime ?? now;
            return new()
            {
                NodeName = share.NodeName,
                Reason = reason,
                Message = message.Length <= MaxFailureMessageLength ? message : message[..MaxFailureMessageLength],
                LastTransitionTime = since,
            };
        }
    }

    internal static string Names(IEnumerable<NodeShare> shares, Func<NodeShare, bool> which) =>
        TaskJudgement.Nodes(shares.Where(which).Select(share => share.NodeName));

    private static (string Reason, string Message) ReasonOf(NodeShare share) => share switch
    {
        { Told.State: NodeTaskState.Failed } =>
            (share.Told.Reason ?? ConditionReason.NodeFailed, share.Told.Message ?? "the agent reported no reason"),
        { AgentFault: { } fault } => (fault.Reason, fault.Message),
        { Exists: false } or { IsReady: false } => (ConditionReason.NodeUnreachable, "the node is not ready"),
        _ => (ConditionReason.AgentNotReady,
            $"the agent has not reported for {NodeShare.AgentPatience.TotalSeconds} s: check that it is running"),
    };

    /// <summary>The reason of the first failed node; status.nodeFailures contains all reasons. There must be a failed node.</summary>
    private static string WhyFailed(IEnumerable<NodeShare> shares) =>
        ReasonOf(shares.Where(share => share.IsFailed).MinBy(share => share.NodeName, StringComparer.Ordinal)!).Message;

    private static string Matching(int pods) => pods == 1 ? "1 pod matches spec.targets" : $"{pods} pods match spec.targets";

    internal static string Count(long count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
