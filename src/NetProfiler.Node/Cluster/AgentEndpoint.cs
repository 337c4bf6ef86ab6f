using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using NetProfiler.Telemetry;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>Serves the agent's metrics, health and samples, if a listen address is configured.</summary>
internal sealed class AgentEndpoint(
    AgentSettings settings, AgentMetrics metrics, CollectorRegistry registry, AgentHealth health, SampleRequests samples) : IHostedService,
    IAsyncDisposable
{
    private MetricsEndpoint? _endpoint;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Listen.EndPoint is not { } address) return;
        _endpoint = new MetricsEndpoint(address, metrics.CollectAsync, registry)
        {
            LivenessFault = () => health.LivenessFault,
            ReadinessFault = () => health.ReadinessFault,
            Others = context => IsSample(context.Request.Path) ? samples.HandleAsync(context) : null,
        };
        await _endpoint.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _endpoint, null) is { } endpoint) await endpoint.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsSample(PathString path) =>
        path.StartsWithSegments("/samples", StringComparison.Ordinal) && path.Value!.Length > SampleRequests.Prefix.Length;
}

/// <summary>Liveness and readiness of the agent. Each fault is a line of text, or null if absent.</summary>
internal sealed class AgentHealth(ReconcileLoop reconcile, AgentLoop loop, ClusterParties parties, AgentSettings settings,
    IHostApplicationLifetime lifetime)
{
    public string? LivenessFault =>
        reconcile.LivenessFault
        ?? (loop.Ended.IsFaulted ? "the capture thread failed"
            : settings.ResolvePeers && !parties.IsHealthy ? "watch of pods, services or their owners stalled"
            : null);

    public string? ReadinessFault => lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : reconcile.ReadinessFault;
}
