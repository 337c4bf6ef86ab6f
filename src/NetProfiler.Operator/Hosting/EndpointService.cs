using System.Net;
using Microsoft.Extensions.Hosting;
using NetProfiler.Operator.Loops;
using NetProfiler.Telemetry;
using Prometheus;

namespace NetProfiler.Operator.Hosting;

/// <summary>Serves metrics and health, from before the other services start until after they have stopped.</summary>
internal sealed class EndpointService : IHostedService
{
    private readonly List<MetricsEndpoint> _endpoints = [];

    public EndpointService(
        OperatorOptions options, OperatorMetrics metrics, CollectorRegistry registry, InformerSet informers, ElectionService election,
        IHostApplicationLifetime lifetime)
    {
        foreach (var address in new[] { options.MetricsListen.EndPoint, options.HealthListen.EndPoint }.OfType<IPEndPoint>().Distinct())
            _endpoints.Add(new(address, _ => ValueTask.FromResult(election.IsLeading ? metrics.Collect() : []), registry)
            {
                LivenessFault = () => informers.LivenessFault ?? (election.IsHealthy ? null : "the election hangs"),
                ReadinessFault = () => lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : informers.ReadinessFault,
            });
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var endpoint in _endpoints) await endpoint.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var endpoint in _endpoints) await endpoint.DisposeAsync().ConfigureAwait(false);
    }
}
