using NetProfiler.Analysis.Events;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Applies the tasks to the kernel side and to the ring-buffer thread: attaches while a task captures, marks containers, sets the active
/// rules, and takes snapshots. Reconcile loop only.
/// </summary>
internal sealed class CaptureCoordinator(NodeCapture capture, AgentLoop loop, ExchangeObserver observer, SwitchedKernel kernel)
{
    private IReadOnlyList<ProfilingPlan> _plans = [];

    public bool IsCapturing => capture.IsRunning;

    /// <summary>Why this machine cannot be profiled, with the remedy. Null if it can, as far as is known.</summary>
    public string? Fault => capture.Fault;

    /// <summary>Whether an attempt to attach is due.</summary>
    public bool MayStart => capture.MayStart;

    public Task StartAsync() => capture.StartAsync();

    /// <summary>Detaches. What was captured until then is counted when this completes.</summary>
    public Task StopAsync() => capture.StopAsync();

    /// <summary>
    /// Captures exactly those containers of these tasks that are present. Their rules are active when this completes. True if the rules
    /// changed.
    /// </summary>
    public async Task<bool> SetAsync(NodeTasks tasks)
    {
        capture.Set(tasks.All.Where(task => task.IsDue).SelectMany(task => task.Containers)
            .ToHashSet<ContainerIdentity>(ReferenceEqualityComparer.Instance));
        var before = tasks.All;
        tasks.Update(WithCaptured);
        bool areCapturedSame = before.SequenceEqual(tasks.All, ReferenceEqualityComparer.Instance);

        IReadOnlyList<ProfilingPlan> plans = [.. tasks.All.Select(task => task.Plan).OfType<ProfilingPlan>()];
        bool arePlansSame = plans.SequenceEqual(_plans, ReferenceEqualityComparer.Instance);
        if (arePlansSame && areCapturedSame) return false;

        _plans = plans;
        var current = tasks.All;
        long lost = await loop.AskAfterAllAsync(() =>
        {
            foreach (var task in current) task.Plan?.Containers!.Set(task.Captured);
            if (arePlansSame) observer.HoldWhatIsWanted();
            else observer.SetTasks(plans);
            observer.Metrics.MaxSeries = int.Min(plans.Sum(plan => plan.MaxSeries), TaskLimits.MaxSeries);
            return kernel.LostEvents;
        }).ConfigureAwait(false);
        tasks.Update(task => task.CountLost(lost));
        return !arePlansSame;
    }

    /// <summary>Takes the results of each plan, and adds the losses of capture to the tasks.</summary>
    public async Task<CaptureSnapshot> TakeAsync(NodeTasks tasks)
    {
        var (snapshot, lost) = await loop.AskAfterAllAsync(() =>
        {
            var found = new Dictionary<ProfilingPlan, TaskSnapshot>(ReferenceEqualityComparer.Instance);
            foreach (var task in observer.Tasks.All) found[task.Plan] = TaskSnapshot.Of(task);
            return (new CaptureSnapshot(found, observer.WallOffsetNanoseconds), kernel.LostEvents);
        }).ConfigureAwait(false);
        tasks.Update(task => task.CountLost(lost));
        return snapshot;
    }

    private TaskExecution WithCaptured(TaskExecution task)
    {
        IReadOnlyList<ContainerIdentity> captured = task.IsDue ? [.. task.Containers.Where(capture.Has)] : [];
        return captured.SequenceEqual(task.Captured, ReferenceEqualityComparer.Instance) ? task : task with { Captured = captured };
    }
}

/// <summary>The results of all plans at one moment.</summary>
/// <param name="WallOffsetNanoseconds">Offset from a time of the snapshot to nanoseconds since 1970.</param>
internal sealed record CaptureSnapshot(IReadOnlyDictionary<ProfilingPlan, TaskSnapshot> Found, long WallOffsetNanoseconds);
