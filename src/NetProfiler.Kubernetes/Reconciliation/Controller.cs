using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Queues;
using Prometheus;

namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>Workers that pass keys to a controller, and return them to the queue while it fails.</summary>
public sealed partial class Controller
{
    private readonly string _name;
    private readonly IKeyController _controller;
    private readonly ControllerOptions _options;
    private readonly ControllerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<Func<CancellationToken, Task>> _synced = [];
    private int _activeWorkers;

    public Controller(
        string name, IKeyController controller, ControllerOptions options, CollectorRegistry metrics, TimeProvider time,
        ILoggerFactory loggers)
    {
        (_name, _controller, _options, _time) = (name, controller, options, time);
        _logger = loggers.CreateLogger("NetProfiler.Kubernetes.Reconciliation." + name);
        _metrics = new ControllerMetrics(metrics, name);
        _metrics.Workers(options.MaxConcurrentReconciles, () => Volatile.Read(ref _activeWorkers));
        Queue = new WorkQueue<ObjectKey>(name, metrics, time);
    }

    public string Name => _name;

    /// <summary>For adding keys that must be reconciled again.</summary>
    public IWorkQueue<ObjectKey> Queue { get; }

    /// <summary>Creates a controller for the objects of one kind, which it watches.</summary>
    public static Controller For<TEntity>(
        string name, IEntityController<TEntity> controller, Informer<TEntity> informer, ControllerOptions options,
        CollectorRegistry metrics,
        TimeProvider time, ILoggerFactory loggers)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        new Controller(name, new EntityReconciler<TEntity>(controller, informer), options, metrics, time, loggers)
            .Watches(informer, entity => [ObjectKey.Of(entity)]);

    /// <summary>
    /// Adds a watch. A change adds the keys of both the old and the new state, so that former dependents are reconciled too. Call it before
    /// running.
    /// </summary>
    public Controller Watches<TEntity>(Informer<TEntity> informer, Func<TEntity, IEnumerable<ObjectKey>> keys)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        _synced.Add(informer.WaitForSyncAsync);
        informer.AddHandler(change =>
        {
            var before = change.Old is null ? [] : keys(change.Old);
            var after = change.New is null ? [] : keys(change.New);
            foreach (var key in before.Union(after)) Queue.Add(key, isUrgent: !change.IsInitial);
        });
        return this;
    }

    /// <summary>
    /// Waits until all caches have synced, then works until cancelled. Keys in progress then have <paramref name="drainTimeout"/> to
    /// complete; queued keys are left to the next process.
    /// </summary>
    public async Task RunAsync(TimeSpan drainTimeout, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource();
        await using var stop = cancellationToken.Register(() =>
        {
            Queue.ShutDown();
            end.CancelAfter(drainTimeout);
        });
        try
        {
            foreach (var synced in _synced) await synced(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        Log.Starts(_logger, _name, _options.MaxConcurrentReconciles);
        var workers = Enumerable.Range(0, _options.MaxConcurrentReconciles)
            .Select(_ => Task.Run(() => WorkAsync(cancellationToken, end.Token), CancellationToken.None));
        await Task.WhenAll(workers);
    }

    private async Task WorkAsync(CancellationToken stop, CancellationToken end)
    {
        while (await Queue.GetAsync(CancellationToken.None) is (true, var key))
        {
            if (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref _activeWorkers);
                await ReconcileAsync(key, end);
                Interlocked.Decrement(ref _activeWorkers);
            }
            Queue.Done(key);
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken end)
    {
        var begin = _time.GetTimestamp();
        using var patience = new CancellationTokenSource(_options.ReconcileTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, patience.Token);
        ReconciliationResult<ObjectKey> result;
#pragma warning disable CA1031 // The fault of one object must not stop the work on all others.
        try
        {
            result = await _controller.ReconcileAsync(key, either.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            Log.WasCutOff(_logger, _name, key);
            return;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            _metrics.Timeout();
            result = ReconciliationResult<ObjectKey>.Failure(key, $"it took longer than {_options.ReconcileTimeout}");
        }
        catch (Exception exception)
        {
            if (!IsExpected(exception)) _metrics.Panic();
            result = ReconciliationResult<ObjectKey>.Failure(key, exception.Message, exception);
        }
#pragma warning restore CA1031
        _metrics.Ended(Requeue(key, result), _time.GetElapsedTime(begin));
    }

    /// <summary>Returns the result's label for metrics. A key is dropped only if its controller requests it.</summary>
    private string Requeue(ObjectKey key, ReconciliationResult<ObjectKey> result)
    {
        switch (result.Outcome)
        {
            case ReconciliationOutcome.Success:
                Queue.Forget(key);
                if (result.RequeueAfter is not { } after) return "success";
                Queue.AddAfter(key, after);
                return "requeue_after";

            case ReconciliationOutcome.Terminal:
                Queue.Forget(key);
                _metrics.Error();
                _metrics.Terminal();
                Log.GivenUp(_logger, _name, key, result.ErrorMessage);
                return "error";

            case ReconciliationOutcome.Failure when result.Error is HttpOperationException { IsConflict: true }:
                Queue.AddRateLimited(key); // another client wrote first: expected, not an error
                Log.Conflicted(_logger, _name, key, result.ErrorMessage);
                return "requeue";

            default:
                if (result.RequeueAfter is { } delay) Queue.AddAfter(key, delay);
                else Queue.AddRateLimited(key);
                _metrics.Error();
                Log.Failed(_logger, IsExpected(result.Error) ? null : result.Error, _name, key, Queue.Retries(key), result.ErrorMessage);
                return "error";
        }
    }

    /// <summary>Faults of the environment, not of the program: their message is sufficient, without a stack trace.</summary>
    private static bool IsExpected(Exception? error) =>
        error is HttpOperationException or HttpRequestException or IOException or TimeoutException or KubernetesConfigurationException;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "{Controller}: starting {Workers} workers")]
        public static partial void Starts(ILogger logger, string controller, int workers);

        [LoggerMessage(LogLevel.Warning, "{Controller}: failed to reconcile {Key}; retrying (retry {Retry}): {Reason}")]
        public static partial void Failed(ILogger logger, Exception? exception, string controller, ObjectKey key, int retry,
            string? reason);

        [LoggerMessage(LogLevel.Warning, "{Controller}: failed to reconcile {Key}; not retrying until the object changes: {Reason}")]
        public static partial void GivenUp(ILogger logger, string controller, ObjectKey key, string? reason);

        [LoggerMessage(LogLevel.Debug, "{Controller}: conflict while writing {Key}; retrying: {Reason}")]
        public static partial void Conflicted(ILogger logger, string controller, ObjectKey key, string? reason);

        [LoggerMessage(LogLevel.Warning, "{Controller}: reconciliation of {Key} was canceled at shutdown")]
        public static partial void WasCutOff(ILogger logger, string controller, ObjectKey key);
    }
}
