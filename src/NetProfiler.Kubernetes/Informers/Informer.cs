using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>
/// Knows all objects of a kind, and tells of each change: lists, watches, and begins again whatever happens to the connection.
/// </summary>
public sealed class Informer<TEntity>
    where TEntity : class, IKubernetesEntity<TEntity>
{
    public Informer(
        IKubernetesClient client, InformerOptions<TEntity> options, MetricsRegistry metrics, TimeProvider time, ILoggerFactory loggers) =>
        throw new NotImplementedException();

    public IEntityLister<TEntity> Lister => throw new NotImplementedException();

    /// <summary>The first list is in the cache and every handler has seen it.</summary>
    public bool HasSynced => throw new NotImplementedException();

    /// <summary>Since the server was last heard of or asked. Long: the informer hangs, and the process should be ended.</summary>
    public TimeSpan SinceLastActivity => throw new NotImplementedException();

    /// <summary>Before <see cref="RunAsync"/>. Called in the order of changes, one at a time; must be short: add a key to a queue.</summary>
    public void AddHandler(Action<InformerEvent<TEntity>> handler) => throw new NotImplementedException();

    /// <summary>Until cancelled; never throws otherwise.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
