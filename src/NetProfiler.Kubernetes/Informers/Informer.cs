using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using Prometheus;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>
/// Caches all objects of a kind, and reports each change: lists, watches, and starts again whatever happens to the connection.
/// </summary>
public sealed partial class Informer<TEntity> : IInformer, IReflected<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>A watch lasts ten minutes, and may be silent if the server sends no bookmarks.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(12);

    private readonly EntityStore<TEntity> _store;
    private readonly Reflector<TEntity> _reflector;
    private readonly Func<TEntity, TEntity> _transform;
    private readonly List<Action<InformerEvent<TEntity>>> _handlers = [];
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Counter _handlerFailures;
    private readonly ILogger _logger;

    public Informer(
        IKubernetesClient client, InformerOptions<TEntity> options, CollectorRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        _logger = loggers.CreateLogger("NetProfiler.Kubernetes.Informers." + EntityMetadata.Of<TEntity>().Kind);
        _store = new EntityStore<TEntity>(options.Indexes);
        _transform = options.Transform ?? (entity => entity);
        var name = EntityMetadata.Of<TEntity>().Plural;
        var reflectorMetrics = new ReflectorMetrics(metrics, name);
        _reflector = new Reflector<TEntity>(client, options, this, reflectorMetrics, time, _logger);
        reflectorMetrics.Watch(() => _store.Count, () => HasSynced, () => SinceLastActivity);
        _handlerFailures = metrics.Counter("informer_handler_failures_total",
            "Total number of informer event handlers that threw an exception.", "name");
    }

    public IEntityLister<TEntity> Lister => _store;

    public string Plural => EntityMetadata.Of<TEntity>().Plural;

    /// <summary>Whether the first list is in the cache and every handler has processed it.</summary>
    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>
    /// False if there was no traffic to or from the server for longer than a watch lasts: the informer hangs, and the process should be
    /// restarted.
    /// </summary>
    public bool IsHealthy => SinceLastActivity < MaxSilence;

    /// <summary>Time since the last traffic to or from the server.</summary>
    public TimeSpan SinceLastActivity => _reflector.SinceLastActivity;

    /// <summary>
    /// The time since when list and watch have not failed; the current time while they fail. Earlier changes may be missing.
    /// </summary>
    public DateTimeOffset SeesSince => _reflector.SeesSince;

    /// <summary>
    /// Call it before <see cref="RunAsync"/>. Handlers are called one at a time, in the order of changes, and must be short: add a key to a
    /// queue.
    /// </summary>
    public void AddHandler(Action<InformerEvent<TEntity>> handler) => _handlers.Add(handler);

    /// <summary>Runs until cancelled; never throws otherwise.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.Run(() => _reflector.RunAsync(cancellationToken), CancellationToken.None);

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    // Called only on the reflector's thread.
    void IReflected<TEntity>.Replace(EntityList<TEntity> list)
    {
        var present = list.Items.Select(entity => ObjectKey.Of(entity)).ToHashSet();
        foreach (var key in _store.Keys.Where(key => !present.Contains(key)).ToArray()) Remove(key, last: null, isFinalStateUnknown: true);
        foreach (var entity in list.Items) Store(entity, isFinalStateUnknown: true);
        _synced.TrySetResult();
    }

    // Called only on the reflector's thread.
    void IReflected<TEntity>.Apply(WatchEvent<TEntity> change)
    {
        switch (change)
        {
            case { Type: WatchEventType.Deleted, Entity: { } entity }:
                Remove(change.Key, _transform(entity), isFinalStateUnknown: false);
                break;
            case { Entity: { } entity }:
                Store(entity, isFinalStateUnknown: false);
                break;
            case { Type: WatchEventType.Skipped, Key.Name.Length: > 0 }:
                Remove(change.Key, last: null, isFinalStateUnknown: true); // the cached state is outdated
                break;
        }
    }

    private void Store(TEntity read, bool isFinalStateUnknown)
    {
        var key = ObjectKey.Of(read);
        var old = _store.Get(key.Namespace, key.Name);
        if (old is not null && old.Metadata.ResourceVersion == read.Metadata.ResourceVersion) return;

        if (old is not null && old.Metadata.Uid != read.Metadata.Uid)
        {
            Remove(key, last: null, isFinalStateUnknown);
            old = null;
        }
        var value = _transform(read);
        _store.Set(key, value);
        Tell(new InformerEvent<TEntity>(old, value, IsInitial: !HasSynced));
    }

    private void Remove(ObjectKey key, TEntity? last, bool isFinalStateUnknown)
    {
        if (_store.Get(key.Namespace, key.Name) is not { } old) return;

        _store.Set(key, null);
        Tell(new InformerEvent<TEntity>(last ?? old, null, isFinalStateUnknown));
    }

    private void Tell(InformerEvent<TEntity> change)
    {
        foreach (var handler in _handlers)
        {
#pragma warning disable CA1031 // A fault of one handler must not stop the cache for all others.
            try
            {
                handler(change);
            }
            catch (Exception exception)
            {
                _handlerFailures.WithLabels(EntityMetadata.Of<TEntity>().Plural).Inc();
                Log.HandlerFailed(_logger, exception, change.Key);
            }
#pragma warning restore CA1031
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Event handler failed for {Key}")]
        public static partial void HandlerFailed(ILogger logger, Exception exception, ObjectKey key);
    }
}
