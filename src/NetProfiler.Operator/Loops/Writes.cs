using k8s;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// Everything that the operator changes, each write counted. Statuses keep a rate of their own, so that however many tasks there are, a
/// node that needs a new configuration does not wait behind them.
/// </summary>
internal sealed class Writes(IKubernetesClient client, string @namespace, MetricsRegistry metrics, int statusWritesPerSecond, TimeProvider time)
{
    public const string ConfigManager = "netprofiler-operator";
    public const string StatusManager = "netprofiler-operator-status";

    /// <summary>The operator's own: where node configurations are.</summary>
    public string Namespace { get; } = @namespace;

    private const string TaskStatus = NetworkProfilingTask.Plural + "/status";

    private readonly Counter _written = metrics.Counter("netprofiler_operator_writes", "Requests that change something, by resource.", null, "resource");

    private readonly Pace _statusPace = new(statusWritesPerSecond, time);

    public async Task ApplyStatusAsync(NetworkProfilingTask task, CancellationToken cancellation)
    {
        await _statusPace.WaitAsync(cancellation).ConfigureAwait(false);
        _written.Increment(TaskStatus);
        await client.ApplyStatusAsync(task, StatusManager, cancellation).ConfigureAwait(false);
    }

    public Task ApplyAsync(NodeProfilingConfig config, CancellationToken cancellation)
    {
        _written.Increment(NodeProfilingConfig.Plural);
        return client.ApplyAsync(config, ConfigManager, cancellation);
    }

    public Task DeleteAsync<TEntity>(TEntity entity, string plural, string? resourceVersion, CancellationToken cancellation)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        _written.Increment(plural);
        var metadata = entity.Metadata;
        return client.DeleteAsync<TEntity>(metadata.Name, metadata.NamespaceProperty, metadata.Uid, resourceVersion, cancellation);
    }
}
