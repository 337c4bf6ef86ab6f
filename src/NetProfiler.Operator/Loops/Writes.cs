using k8s;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes;
using NetProfiler.Kubernetes.Client;
using Prometheus;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// Everything that the operator changes, each write counted. Statuses keep a rate of their own, so that however many tasks there are, a
/// node that needs a new configuration does not wait behind them.
/// </summary>
internal sealed class Writes(IKubernetesClient client, OperatorScope scope, CollectorRegistry metrics, TimeProvider time)
{
    public const string ConfigManager = "netprofiler-operator";
    public const string StatusManager = "netprofiler-operator-status";

    /// <summary>The operator's own: where node configurations are.</summary>
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
