using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Operator.Loops;

namespace NetProfiler.Operator.Hosting;

/// <summary>Takes part in the leader election once all caches have synced, and holds the lease until stopped.</summary>
internal sealed partial class ElectionService(
    OperatorOptions options, LeaderElector elector, InformerSet informers, ILogger<ElectionService> log)
    : BackgroundService
{
    private readonly TaskCompletionSource _leads = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when this process leads.</summary>
    public Task Leads => _leads.Task;

    /// <summary>
    /// Completes when this process has lost its leadership. It must then end at once, without further writes, because another process may
    /// lead already.
    /// </summary>
    public Task Lost => _lost.Task;

    /// <summary>
    /// Whether this replica leads. All replicas have the same caches, but only the leader reports tasks, so that sums over all replicas are
    /// correct.
    /// </summary>
    public bool IsLeading => _leads.Task.IsCompleted;

    public bool IsHealthy => elector.IsHealthy;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await informers.WaitForSyncAsync(stoppingToken).ConfigureAwait(false);
            LogSynced();
            if (options.LeaderElect) await elector.RunAsync(LeadAsync, stoppingToken).ConfigureAwait(false);
            else await LeadAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped before it led.
        }
        catch (LeadershipLostException loss)
        {
            LogLost(loss.Message);
            _lost.SetResult();
        }
    }

    /// <summary>The lease is released when this task has ended.</summary>
    private Task LeadAsync(CancellationToken stop)
    {
        _leads.TrySetResult();
        return Task.Delay(Timeout.Infinite, stop).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    [LoggerMessage(LogLevel.Information, "Caches synced")]
    private partial void LogSynced();

    [LoggerMessage(LogLevel.Error, "No longer the leader: {Reason}")]
    private partial void LogLost(string reason);
}
