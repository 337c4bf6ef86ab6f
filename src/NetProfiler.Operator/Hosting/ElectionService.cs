using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Operator.Loops;

namespace NetProfiler.Operator.Hosting;

/// <summary>Stands for election once everything is listed, and holds the lease until it is stopped.</summary>
internal sealed partial class ElectionService(
    OperatorOptions options, LeaderElector elector, InformerSet informers, ILogger<ElectionService> log)
    : BackgroundService
{
    private readonly TaskCompletionSource _leads = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when this process leads.</summary>
    public Task Leads => _leads.Task;

    /// <summary>
    /// Ends when this process led and cannot any more. It must end at once: another one may lead already, and nothing more is written.
    /// </summary>
    public Task Lost => _lost.Task;

    /// <summary>Every replica knows every task, and one of them tells about them: sums over all replicas are right.</summary>
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
            // Asked to stop before it led.
        }
        catch (LeadershipLostException loss)
        {
            LogLost(loss.Message);
            _lost.SetResult();
        }
    }

    /// <summary>The lease is given back when this has ended.</summary>
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
