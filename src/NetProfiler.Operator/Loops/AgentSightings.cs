using System.Collections.Concurrent;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Informers;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// Detects silent agents. Heartbeats are timed by the operator's own clock, because a node's clock may be wrong, and only since the
/// operator's watch works again after an outage of its own.
/// </summary>
/// <param name="seesSince">Returns the time since when configurations have been watched without interruption.</param>
internal sealed class AgentSightings(IEntityLister<NodeProfilingConfig> configs, Func<DateTimeOffset> seesSince, TimeProvider time)
{
    /// <summary>
    /// Agents renew their heartbeat about every 20 s; one heartbeat may be late. Together with <see cref="SweepPeriod"/> and the debounce
    /// of a status, this is less than 45 s.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(5);

    // In a large cluster, a node reports and renews its heartbeat with a longer period.
    private const double PatientPeriods = 2.5;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _seen = [];
    private readonly ConcurrentDictionary<string, bool> _silent = [];

    public void OnConfig(InformerEvent<NodeProfilingConfig> change)
    {
        string node = change.Key.Name;
        if (change.New is not { } config)
        {
            _seen.TryRemove(node, out _);
            _silent.TryRemove(node, out _);
        }
        else if (config.Status?.HeartbeatTime is { } heartbeat && heartbeat != change.Old?.Status?.HeartbeatTime)
        {
            _seen[node] = time.GetUtcNow();
        }
    }

    /// <summary>Whether the node's agent was silent at the latest sweep.</summary>
    public bool IsSilent(string node) => _silent.ContainsKey(node);

    /// <summary>
    /// Checks every agent that has tasks with targets. Returns the configurations of those that have become silent since, or that report
    /// again.
    /// </summary>
    public IReadOnlyList<NodeProfilingConfig> Sweep()
    {
        var now = time.GetUtcNow();
        var since = seesSince();
        List<NodeProfilingConfig> changed = [];
        foreach (var config in configs.List())
        {
            string node = config.Metadata.Name;
            bool isSilent = _seen.TryGetValue(node, out var seen) && config.Spec.Tasks.Any(task => task.Targets.Count > 0)
                && now - (seen > since ? seen : since) >= PatienceWith(config);
            if (isSilent ? _silent.TryAdd(node, true) : _silent.TryRemove(node, out _)) changed.Add(config);
        }

        return changed;
    }

    /// <summary>Sweeps until cancelled.</summary>
    public async Task RunAsync(Action<NodeProfilingConfig> onChange, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(SweepPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var config in Sweep()) onChange(config);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Orderly shutdown.
        }
    }

    private static TimeSpan PatienceWith(NodeProfilingConfig config)
    {
        var periods = TimeSpan.FromSeconds(config.Spec.Reporting.PeriodSeconds * PatientPeriods);
        return periods > Patience ? periods : Patience;
    }
}
