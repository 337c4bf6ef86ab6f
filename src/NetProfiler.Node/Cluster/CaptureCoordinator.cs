using NetProfiler.Analysis.Events;
using NetProfiler.Api.Resources;
using NetProfiler.Capture;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Applies the tasks to the kernel side and to the ring-buffer thread: attaches while a task captures, marks containers, sets the active
/// rules, and takes snapshots. Reconcile loop only.
/// </summary>
internal sealed class CaptureCoordinator(NodeCapture capture, AgentLoop loop, ExchangeObserver observer, SwitchedKernel kernel)
{
    private static readonly HashSet<ContainerIdentity> NoContainers = new(ReferenceEqualityComparer.Instance);

    private IReadOnlyList<ProfilingPlan> _plans = [];
    private HashSet<ContainerIdentity> _withTls = NoContainers;

    public bool IsCapturing => capture.IsRunning;

    /// <summary>Why this machine cannot be profiled, with the remedy. Null if it can, as far as is known.</summary>
    public string? Fault => capture.Fault;

    /// <summary>Why TLS cannot be read on this machine. Null if it can, as far as is known.</summary>
    public string? TlsFault => capture.TlsFault;

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
        var withTls = ContainersOf(tasks.All.Where(task => task is { IsDue: true, Share.Tls.Enabled: true }));
        capture.Set(ContainersOf(tasks.All.Where(task => task.IsDue)), withTls);
        var withoutTls = _withTls.Except(withTls, ReferenceEqualityComparer.Instance).OfType<ContainerIdentity>()
            .ToHashSet<ContainerIdentity>(ReferenceEqualityComparer.Instance);
        _withTls = withTls;
        var before = tasks.All;
        tasks.Update(WithCaptured);
        bool areCapturedSame = before.SequenceEqual(tasks.All, ReferenceEqualityComparer.Instance);

        IReadOnlyList<ProfilingPlan> plans = [.. tasks.All.Select(task => task.Plan).OfType<ProfilingPlan>()];
        bool arePlansSame = plans.SequenceEqual(_plans, ReferenceEqualityComparer.Instance);
        if (arePlansSame && areCapturedSame && withoutTls.Count == 0) return false;

        _plans = plans;
        var current = tasks.All;
        long lost = await loop.AskAfterAllAsync(() =>
        {
            EndTls(current, withoutTls);
            foreach (var task in current) task.Plan?.Containers!.Set(task.Captured);
            observer.KeepSeriesOf(current.SelectMany(task => task.Captured), MonotonicClock.Nanoseconds);
            if (arePlansSame)
            {
                observer.HoldWhatIsWanted();
                return kernel.LostEvents;
            }

            observer.SetTasks(plans);
            DivideSeries(plans);
            return kernel.LostEvents;
        }).ConfigureAwait(false);
        tasks.Update(task => task.CountLost(lost));
        return !arePlansSame;
    }

    // What the tasks of a namespace ask for, and of more than the bound its part.
    private void DivideSeries(IReadOnlyList<ProfilingPlan> plans)
    {
        int wanted = plans.Sum(plan => plan.MaxSeries), most = int.Min(wanted, TaskLimits.MaxSeries);
        observer.Metrics.MaxSeries = most;
        observer.Metrics.Divide(plans.GroupBy(plan => plan.Task!.Split('/')[0])
            .ToDictionary(one => one.Key, one => (int)((long)one.Sum(plan => plan.MaxSeries) * most / int.Max(1, wanted))));
    }

    /// <summary>What each set of rules has found until now, and the losses of capture added to the tasks.</summary>
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

    // Before the tasks forget the containers: what is open now is theirs.
    private void EndTls(IReadOnlyList<TaskExecution> current, HashSet<ContainerIdentity> withoutTls)
    {
        var captured = current.Where(task => task.Plan is not null).ToDictionary(task => task.Plan!, task => task.Captured);
        List<(ActiveTask, IReadOnlySet<ContainerIdentity>)> ending = [];
        foreach (var task in observer.Tasks.All)
        {
            if (task.Plan is { ReadsTls: true, Containers: { } before }
                && before.Except(captured.GetValueOrDefault(task.Plan, [])) is { Count: > 0 } left)
                ending.Add((task, left));
        }

        if (ending.Count > 0) observer.CountOpenTls(ending);
        if (withoutTls.Count > 0) observer.EndTls(withoutTls);
    }

    private static HashSet<ContainerIdentity> ContainersOf(IEnumerable<TaskExecution> tasks) =>
        tasks.SelectMany(task => task.Containers).ToHashSet<ContainerIdentity>(ReferenceEqualityComparer.Instance);

    private TaskExecution WithCaptured(TaskExecution task)
    {
        IReadOnlyList<ContainerIdentity> captured = task.IsDue ? [.. task.Containers.Where(capture.Has)] : [];
        return captured.SequenceEqual(task.Captured, ReferenceEqualityComparer.Instance) ? task : task with { Captured = captured };
    }
}

/// <summary>The results of all plans at one moment.</summary>
/// <param name="WallOffsetNanoseconds">Offset from a time of the snapshot to nanoseconds since 1970.</param>
internal sealed record CaptureSnapshot(IReadOnlyDictionary<ProfilingPlan, TaskSnapshot> Found, long WallOffsetNanoseconds);
