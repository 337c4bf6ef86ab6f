using k8s;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes;
using NetProfiler.Kubernetes.Client;
using Prometheus;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// All writes of the operator, each counted. Statuses have a rate limit of their own, so that a node's new configuration does not wait
/// behind them, however many tasks there are.
/// </summary>
internal sealed class Writes(IKubernetesClient client, OperatorScope scope, CollectorRegistry metrics, TimeProvider time)
{
    public const string ConfigManager = "netprofiler-operator";
    public const string StatusManager = "netprofiler-operator-status";

    /// <summary>The operator's own namespace, which contains the node configurations.</summary>
    public string Namespace => scope.Namespace;

    private const string TaskStatus = NetworkProfilingTask.Plural + "/status";

    private readonly Counter _written = metrics.Counter("netprofiler_operator_writes_total", "Total number of write requests, by resource.",
        "resource");

    private readonly Pace _statusPace = new(scope.WritesPerSecond / 2, time);

    public async Task ApplyStatusAsync(NetworkProfilingTask task, CancellationToken cancellation)
    {
        await _statusPace.WaitAsync(cancellation).ConfigureAwait(false);
        _written.WithLabels(TaskStatus).Inc();
        await client.ApplyStatusAsync(task, StatusManager, cancellation).ConfigureAwait(false);
    }

    public Task ApplyAsync(NodeProfilingConfig config, CancellationToken cancellation)
    {
        _written.WithLabels(NodeProfilingConfig.Plural).Inc();
        return client.ApplyAsync(config, ConfigManager, cancellation);
    }

    public Task DeleteAsync<TEntity>(TEntity entity, string plural, string? resourceVersion, CancellationToken cancellation)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        _written.WithLabels(plural).Inc();
        var metadata = entity.Metadata;
        return client.DeleteAsync<TEntity>(metadata.Name, metadata.NamespaceProperty, metadata.Uid, resourceVersion, cancellation);
    }
}
