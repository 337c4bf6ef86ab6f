using Microsoft.Extensions.Logging;
using NetProfiler.Analysis.Events;
using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Cluster;

/// <summary>The tasks of the node's configuration, each with its progress. Reconcile loop only.</summary>
internal sealed partial class NodeTasks(TimeProvider time, ILogger<NodeTasks> log)
{
    // Reports of tasks that left the configuration, which may be created again after its deletion.
    private const int MaxLeft = 64;

    // A connection refers to its container by object identity, which must be stable when tasks change.
    private const int MaxContainers = 4096;

    private readonly Dictionary<string, NodeTaskStatus> _left = [];
    private readonly Dictionary<string, ContainerIdentity> _containers = [];
    private List<TaskExecution> _tasks = [];

    /// <summary>In the order of the configuration, which is by uid.</summary>
    public IReadOnlyList<TaskExecution> All => _tasks;

    /// <summary>Replaces the tasks by those of the configuration.</summary>
    /// <param name="reported">This node's reports as stored in the configuration, which may be older than what this process reported. Null
    /// if there are none.</param>
    public void Set(IReadOnlyList<NodeTask> shares, NodeProfilingConfigStatus? reported)
    {
        var before = _tasks;
        if (_containers.Count > MaxContainers) Forget();
        _tasks = [.. shares.Select(share => Assign(share, before.Find(task => task.Uid == share.Uid), reported))];
        foreach (var gone in before.Where(task => !_tasks.Exists(one => one.Uid == task.Uid)))
        {
            if (_left.Count >= MaxLeft) _left.Clear();
            if (gone.Reported is { } report) _left[gone.Uid] = report;
            LogRemoved(gone.Name, gone.Reported?.Counts.Requests ?? 0);
        }
    }

    /// <summary>Replaces each task by its next state.</summary>
    public void Update(Func<TaskExecution, TaskExecution> next) => _tasks = [.. _tasks.Select(task => Logged(task, next(task)))];

    private TaskExecution Logged(TaskExecution before, TaskExecution after)
    {
        if (after.Reported is { } report && (before.Reported?.State != report.State || before.Reported.Reason != report.Reason))
            LogState(after.Name, report.State, report.Reason ?? "as asked", report.Targets.Attached, report.Targets.Requested,
                report.Counts.Requests);
        return after;
    }

    private TaskExecution Assign(NodeTask share, TaskExecution? known, NodeProfilingConfigStatus? reported)
    {
        var task = known is null ? Continue(share, reported)
            : TaskPlan.HasSameRules(known.Share, share) ? known.With(share, time)
            // Counts continue; lists of rules that no longer exist do not.
            : Begin(share, known.Reported is { } report ? report with { TopTraces = new() } : null);
        return ReferenceEquals(task, known)
            ? task
            : task with { Containers = [.. share.Targets.Select(target => IdentityOf(share, target))
                .DistinctBy(container => container.Id)] };
    }

    // A task that was not in this process's configuration was not captured here in between.
    private TaskExecution Continue(NodeTask share, NodeProfilingConfigStatus? reported) => _left.Remove(share.Uid, out var left)
        ? Begin(share, left).WithInterruption(heartbeat: null)
        : Begin(share, reported?.Tasks.FirstOrDefault(status => status.Uid == share.Uid)).WithInterruption(reported?.HeartbeatTime);

    private TaskExecution Begin(NodeTask share, NodeTaskStatus? earlier)
    {
        try
        {
            return new TaskExecution(share, TaskPlan.Of(share), earlier, time.GetTimestamp());
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return new TaskExecution(share, null, earlier, time.GetTimestamp()) { Fault = ("RulesNotUnderstood", fault.Message) };
        }
    }

    private ContainerIdentity IdentityOf(NodeTask share, NodeTarget target)
    {
        string id = target.ContainerId[(target.ContainerId.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0)..];
        if (_containers.TryGetValue(id, out var known)) return known;
        return _containers[id] = new ContainerIdentity(id, share.Namespace, target.PodName, target.ContainerName, target.Workload);
    }

    private void Forget()
    {
        var used = _tasks.SelectMany(task => task.Containers).Select(container => container.Id).ToHashSet();
        foreach (string id in _containers.Keys.Where(id => !used.Contains(id)).ToList()) _containers.Remove(id);
    }

    [LoggerMessage(LogLevel.Information,
        "Task {Task}: {State} ({Reason}), {Captured} of {Containers} containers captured, {Requests} requests counted")]
    private partial void LogState(string task, NodeTaskState state, string reason, int captured, int containers, long requests);

    [LoggerMessage(LogLevel.Information, "Task {Task}: removed from this node, {Requests} requests counted")]
    private partial void LogRemoved(string task, long requests);
}
