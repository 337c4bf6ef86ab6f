using NetProfiler.Analysis.Peers;
using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Cluster;

/// <summary>The tasks that the node's configuration has, with what was reported of each before. The agent's own loop only.</summary>
internal sealed class NodeTasks(TimeProvider time)
{
    // Of tasks that left the configuration: it may be made anew, as when somebody deletes it.
    private const int MaxLeft = 64;

    // A connection knows its container by the object: it stays the same when a task leaves and another comes.
    private const int MaxContainers = 4096;

    private readonly Dictionary<string, NodeTaskStatus> _left = [];
    private readonly Dictionary<string, ContainerIdentity> _containers = [];
    private List<AssignedTask> _tasks = [];

    /// <summary>By uid, as in the configuration.</summary>
    public IReadOnlyList<AssignedTask> All => _tasks;

    /// <summary>These, and no others, from now on.</summary>
    /// <param name="told">What the configuration says that this node reported; it may be a little old.</param>
    public void Set(IReadOnlyList<NodeTask> shares, IReadOnlyList<NodeTaskStatus> told)
    {
        var before = _tasks;
        _tasks = [.. shares.Select(share => Assign(share, before.Find(task => task.Uid == share.Uid), told))];
        foreach (var gone in before.Where(task => !_tasks.Exists(one => one.Uid == task.Uid)))
        {
            if (_left.Count >= MaxLeft) _left.Clear();
            if (gone.Reported is { } reported) _left[gone.Uid] = reported;
        }

        if (_containers.Count > MaxContainers) Forget();
        foreach (var task in _tasks) task.Containers = [.. task.Share.Targets.Select(target => IdentityOf(task.Share, target)).DistinctBy(container => container.Id)];
    }

    private AssignedTask Assign(NodeTask share, AssignedTask? known, IReadOnlyList<NodeTaskStatus> told)
    {
        if (known is null) return Begin(share, _left.Remove(share.Uid, out var left) ? left : told.FirstOrDefault(status => status.Uid == share.Uid));

        // What was counted stays; what rules that are no more have listed goes.
        return known.Change(share) ? Begin(share, known.Reported is { } reported ? reported with { TopTraces = new() } : null) : known;
    }

    private AssignedTask Begin(NodeTask share, NodeTaskStatus? earlier)
    {
        try
        {
            return new AssignedTask(share, TaskPlan.Of(share), earlier, time);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return new AssignedTask(share, null, earlier, time) { Fault = ("RulesNotUnderstood", fault.Message) };
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
}
