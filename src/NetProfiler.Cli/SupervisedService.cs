using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace NetProfiler.Cli;

/// <summary>
/// A background task of a host, which runs until it is cancelled. If it fails, the host logs the fault and stops, and the process ends with
/// an error rather than continue without it.
/// </summary>
public sealed class SupervisedService(Func<CancellationToken, Task> run) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => run(stoppingToken);
}

public static class Supervision
{
    /// <summary>
    /// Whether a background service of the host has failed, which is why the host stopped. Call it before the host is disposed.
    /// </summary>
    public static bool HasFailed(this IHost host) =>
        host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask?.IsFaulted == true);
}
