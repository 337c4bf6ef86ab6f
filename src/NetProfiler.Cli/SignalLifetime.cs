using Microsoft.Extensions.Hosting;

namespace NetProfiler.Cli;

/// <summary>Stops a host at SIGINT, SIGTERM and SIGHUP; a second signal ends the process at once.</summary>
public sealed class SignalLifetime(IHostApplicationLifetime application) : IHostLifetime, IDisposable
{
    private readonly StopSignals _signals = new();

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Token.Register(application.StopApplication);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.Dispose();
}
