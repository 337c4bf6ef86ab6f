using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Api;
using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>Builds the status of the node's configuration from the tasks and their results. No I/O.</summary>
internal sealed class NodeStatusBuilder(TimeProvider time)
{
    private const int MaxMessageLength = 1024;

    /// <summary>An older heartbeat is renewed by the next report: with a report about every 10 s, every 20 s.</summary>
    private static readonly TimeSpan HeartbeatAge = TimeSpan.FromSeconds(15);

    // A redactor lives as long as its plan.
    private readonly ConditionalWeakTable<ProfilingPlan, Redactor> _redactors = [];
    private V1Condition? _ready;
    private DateTimeOffset? _heartbeat;

    /// <param name="tasks">Number of tasks on this node, which share the size of the status.</param>
    public NodeTaskStatus ReportOf(TaskExecution task, CaptureSnapshot snapshot, int tasks, bool isStopping)
    {
        var condition = task.Condition;
        if (isStopping && condition.State is NodeTaskState.Capturing or NodeTaskState.Attaching)
            condition = new(NodeTaskState.Pending, TaskCondition.AgentStopped,
                "the agent was stopped; the task continues when it starts again");

        var report = StatusSize.Bound(ResultsOf(task, snapshot) with
        {
            Uid = task.Uid,
            Generation = task.Share.Generation,
            State = condition.State,
            Reason = condition.Reason,
            Message = Cut(condition.Message),
            TlsFault = Cut(task.TlsFault),
            Exporting = task.Exporting is { } exporting ? exporting with { Message = Cut(exporting.Message) } : null,
            StartTime = task.StartTime,
            Targets = new() { Requested = task.Containers.Count, Attached = isStopping ? 0 : task.Captured.Count,
                Missing = task.IsDue ? task.Missing : 0 },
            ResultsTime = task.Reported?.ResultsTime,
            Interruptions = task.Interruptions.Count > 0 ? task.Interruptions : null,
        }, tasks);

        // An unchanged report keeps its time, so that it is not written again.
        bool isNew = report.ResultsTime is null || !Serialize(report).AsSpan().SequenceEqual(Serialize(task.Reported!));
        return isNew && task.StartTime is not null ? report with { ResultsTime = time.GetUtcNow().WholeSeconds() } : report;
    }

    /// <param name="captureFault">Why this machine cannot be profiled. Null if it can.</param>
    public NodeProfilingConfigStatus StatusOf(NodeProfilingConfig config, NodeAgent agent, IReadOnlyList<NodeTaskStatus> reports,
        string? captureFault)
    {
        _ready = Ready(_ready ?? config.Status?.Conditions.FirstOrDefault(condition => condition.Type == ConditionType.AgentReady),
            captureFault);
        return new()
        {
            ObservedGeneration = config.Metadata.Generation ?? 0, Agent = agent, HeartbeatTime = HeartbeatOf(reports),
            Conditions = [_ready], Tasks = reports,
        };
    }

    // A node without a task in progress is not waited for, and does not write a heartbeat.
    private DateTimeOffset? HeartbeatOf(IReadOnlyList<NodeTaskStatus> reports)
    {
        var now = time.GetUtcNow();
        bool isDue = _heartbeat is not { } last || now - last >= HeartbeatAge;
        if (isDue && reports.Any(report => report.State is NodeTaskState.Pending or NodeTaskState.Attaching or NodeTaskState.Capturing))
            _heartbeat = now.WholeSeconds();
        return _heartbeat;
    }

    private NodeTaskStatus ResultsOf(TaskExecution task, CaptureSnapshot snapshot) =>
        task.Plan is { } plan && snapshot.Found.TryGetValue(plan, out var found)
        ? TaskReport.Of(
            task.Earlier, found, task.LostEvents, plan, _redactors.GetValue(plan, static plan => new Redactor(plan.Redaction)),
            snapshot.WallOffsetNanoseconds)
        : task.Earlier ?? new();

    private V1Condition Ready(V1Condition? before, string? fault)
    {
        var (status, reason, message) = fault is null ? ("True", "Ready", "the node can be profiled") : ("False", "CannotProfile", fault);
        return new V1Condition
        {
            Type = ConditionType.AgentReady,
            Status = status,
            Reason = reason,
            Message = Cut(message)!,
            LastTransitionTime = before?.Status == status ? before.LastTransitionTime : time.GetUtcNow().WholeSeconds().UtcDateTime,
        };
    }

    private static byte[] Serialize(NodeTaskStatus report) => JsonSerializer.SerializeToUtf8Bytes(report, ApiJson.Default.NodeTaskStatus);

    private static string? Cut(string? text) => text is null || text.Length <= MaxMessageLength ? text : text[..MaxMessageLength];
}

internal static class KubernetesTime
{
    /// <summary>Times of a status have a resolution of one second.</summary>
    public static DateTimeOffset WholeSeconds(this DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
