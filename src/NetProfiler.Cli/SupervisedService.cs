using Microsoft.Extensions.Hosting;

namespace NetProfiler.Cli;

/// <summary>
/// A background task of a host, which runs until it is cancelled. If it fails, the host logs the fault and stops, and the process ends with an error
/// rather than continue without it.
/// </summary>
public sealed class SupervisedService(Func<CancellationToken, Task> run) : BackgroundService
{
    public bool HasFailed => ExecuteTask?.IsFaulted == true;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => run(stoppingToken);
}
