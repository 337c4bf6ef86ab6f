using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Kubernetes.Queues;

namespace NetProfiler.Kubernetes.Controllers;

/// <summary>Workers that bring keys to a controller, and back into the queue for as long as it fails.</summary>
public sealed class Controller
{
    public Controller(
        string name, IKeyController controller, ControllerOptions options, MetricsRegistry metrics, TimeProvider time, ILoggerFactory loggers) =>
        throw new NotImplementedException();

    /// <summary>For whoever wants a key to be looked at again.</summary>
    public IWorkQueue<ObjectKey> Queue => throw new NotImplementedException();

    /// <summary>A controller of the objects of one kind; it watches them.</summary>
    public static Controller For<TEntity>(
        string name, IEntityController<TEntity> controller, Informer<TEntity> informer, ControllerOptions options, MetricsRegistry metrics,
        TimeProvider time, ILoggerFactory loggers)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    /// <summary>A change adds the keys of both the old and the new state, so that whoever was left hears of it too. Before running.</summary>
    public Controller Watches<TEntity>(Informer<TEntity> informer, Func<TEntity, IEnumerable<ObjectKey>> keys)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    /// <summary>
    /// Waits until everything watched is known, then works until cancelled; what is being worked on then may end within
    /// <paramref name="drainTimeout"/>.
    /// </summary>
    public Task RunAsync(TimeSpan drainTimeout, CancellationToken cancellationToken) => throw new NotImplementedException();
}
