using Microsoft.Extensions.Hosting;
using NetProfiler.Kubernetes.Events;
using NetProfiler.Operator.Loops;

namespace NetProfiler.Operator.Hosting;

/// <summary>Writes events; after the stop, also those that are still queued.</summary>
internal sealed class EventService(EventRecorder events) : BackgroundService
{
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => events.RunAsync(FlushTimeout, stoppingToken);
}

internal sealed class InformerService(InformerSet informers) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => informers.RunAsync(stoppingToken);
}

/// <summary>Runs the controllers while this process leads; work in progress may complete after the stop.</summary>
internal sealed class ControllerService(ElectionService election, LeaderWork work) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await election.Leads.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (election.Leads.IsCompleted) await work.RunAsync(stoppingToken).ConfigureAwait(false);
    }
}
