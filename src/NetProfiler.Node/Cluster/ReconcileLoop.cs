using NetProfiler.Analysis.Events;
using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Reconciles what is captured with the node's configuration, and reports it. Level-triggered: each pass computes everything from the
/// configuration and the current state, so a missed event is corrected by the next pass.
/// </summary>
internal sealed class ReconcileLoop(
    NodeConfigWatch configs, NodeTasks tasks, CaptureCoordinator capture, NodeReporter reporter, TaskExporters exporters,
    TimeProvider time)
{
    /// <summary>Period of looking for missing containers, and for processes of control groups without an id.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Changes within this time are handled together.</summary>
    private static readonly TimeSpan CoalescingPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Liveness threshold of the loop.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(2);

    private long _latestPass = time.GetTimestamp();
    private volatile IReadOnlyList<AssignedTarget> _targets = [];

    /// <summary>One container of one task.</summary>
    internal sealed record AssignedTarget(string TaskNamespace, string TaskName, ContainerIdentity Container, bool IsCaptured);

    /// <summary>The containers of tasks that have time left.</summary>
    public IReadOnlyList<AssignedTarget> Targets => _targets;

    /// <summary>Why the loop is considered stalled. Null if it is alive.</summary>
    public string? LivenessFault =>
        time.GetElapsedTime(Volatile.Read(ref _latestPass)) > MaxSilence ? "reconcile loop stalled"
            : !configs.IsHealthy ? $"watch of {NodeProfilingConfig.Plural} stalled"
            : null;

    /// <summary>Null once the configuration is known, or known not to exist.</summary>
    public string? ReadinessFault => configs.HasSynced ? null : $"{NodeProfilingConfig.Plural} not listed yet";

    /// <summary>Runs until cancelled; then it detaches and reports once more.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await configs.WaitForSyncAsync(stoppingToken).ConfigureAwait(false);
            while (!stoppingToken.IsCancellationRequested)
            {
                await ReconcileAsync().ConfigureAwait(false);
                if (await configs.Changed.WaitAsync(UntilNext(), stoppingToken).ConfigureAwait(false))
                    await Task.Delay(CoalescingPause, stoppingToken).ConfigureAwait(false);
                configs.Changed.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Orderly shutdown.
        }

        await capture.StopAsync().ConfigureAwait(false);
        await reporter.ReportAsync(tasks, isStopping: true).ConfigureAwait(false);
    }

    // A deadline must be met exactly, neither late nor early.
    private TimeSpan UntilNext()
    {
        var now = time.GetUtcNow();
        var next = tasks.All.Where(task => task.IsDue).Select(task => task.EndsAt(time) - now).Append(Period).Min();
        return next < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : next;
    }

    private async Task ReconcileAsync()
    {
        Volatile.Write(ref _latestPass, time.GetTimestamp());
        await SetSharesAsync(configs.Current).ConfigureAwait(false);
        tasks.Update(task => task.Look(time));

        if (!tasks.All.Any(task => task.IsDue && task.Containers.Count > 0))
        {
            await capture.StopAsync().ConfigureAwait(false);
        }
        else if (capture.MayStart)
        {
            // Attaching takes up to a second, so the state is reported first.
            Judge();
            await reporter.ReportIfDueAsync(tasks).ConfigureAwait(false);
            await capture.StartAsync().ConfigureAwait(false);
        }

        if (await capture.SetAsync(tasks).ConfigureAwait(false)) reporter.DropSamplesOfOthers(tasks);
        Judge();
        _targets =
        [
            .. tasks.All.Where(task => task.IsDue).SelectMany(task => task.Containers.Select(container =>
                new AssignedTarget(task.Share.Namespace, task.Share.Name, container, task.Captured.Contains(container)))),
        ];
        await reporter.ReportIfDueAsync(tasks).ConfigureAwait(false);
    }

    private async Task SetSharesAsync(NodeProfilingConfig? config)
    {
        var shares = config?.Spec.Tasks ?? [];
        // The report of a task that leaves is completed first: the task may return, as after the deletion of the configuration.
        if (tasks.All.Any(task => shares.All(share => share.Uid != task.Uid || !TaskPlan.HasSameRules(share, task.Share))))
            await reporter.TakeAsync(tasks, isStopping: false).ConfigureAwait(false);
        tasks.Set(shares, config?.Status);
    }

    private void Judge() => tasks.Update(task =>
    {
        var condition = TaskStateJudge.Of(task, capture.IsCapturing, capture.Fault, exporters.Named);
        return task.With(condition, time.GetUtcNow().WholeSeconds()) with
        {
            Exporting = exporters.Of(task.Share),
            TlsFault = task.Share.Tls.Enabled && capture.Fault is null ? capture.TlsFault : null,
        };
    });
}
