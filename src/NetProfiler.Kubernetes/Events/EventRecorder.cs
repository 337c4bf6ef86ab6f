using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Events;

/// <summary>Writes events; the same event again becomes a series.</summary>
public sealed class EventRecorder : IEventRecorder
{
    /// <param name="reportingController">Qualified: <c>netprofiler.dev/operator</c>.</param>
    /// <param name="reportingInstance">This process: the pod's name.</param>
    public EventRecorder(
        IKubernetesClient client, string reportingController, string reportingInstance, MetricsRegistry metrics, TimeProvider time,
        ILoggerFactory loggers) => throw new NotImplementedException();

    public void Publish<TEntity>(TEntity regarding, EventType type, string reason, string action, string note)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    /// <summary>Until cancelled; then what waits is written, within <paramref name="flushTimeout"/>.</summary>
    public Task RunAsync(TimeSpan flushTimeout, CancellationToken cancellationToken) => throw new NotImplementedException();
}
