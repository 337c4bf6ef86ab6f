using System.Text.Json;
using k8s.Autorest;
using Microsoft.Extensions.Logging;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Writes the status of the node's configuration: the latest one offered, if it differs from the one written. Retries while the API server
/// is unreachable; offering never blocks.
/// </summary>
internal sealed partial class NodeStatusWriter(IKubernetesClient client, CollectorRegistry metrics, TimeProvider time,
    ILogger<NodeStatusWriter> logger)
{
    public const string FieldManager = "netprofiler-agent";

    /// <summary>Together with the time for queued samples, this is within the pod's termination grace period.</summary>
    private static readonly TimeSpan LastWritePatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly Signal _offered = new();
    private readonly Counter _writes = metrics.Counter("netprofiler_agent_status_writes_total",
        "Total number of writes of the node's status, by result.", "result");
    private NodeProfilingConfig? _latest;
    private byte[]? _written;

    /// <param name="status">With the name, namespace and uid of its configuration.</param>
    public void Offer(NodeProfilingConfig status)
    {
        Volatile.Write(ref _latest, status);
        _offered.Set();
    }

    /// <summary>Writes until cancelled; then it writes what was offered last, within <see cref="LastWritePatience"/>.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _offered.WaitAsync(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(false);
                await WriteAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Orderly shutdown.
        }

        using var end = new CancellationTokenSource(LastWritePatience, time);
        try
        {
            await WriteAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            LogLastNotWritten(LastWritePatience);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (!await TryWriteAsync(cancellationToken).ConfigureAwait(false))
            await Task.Delay(RetryPause, time, cancellationToken).ConfigureAwait(false);
    }

    // False if the API server could not be reached, or not in time.
    private async Task<bool> TryWriteAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _latest) is not { } status) return true;
        byte[] content = [.. JsonSerializer.SerializeToUtf8Bytes(status, ApiJson.Default.NodeProfilingConfig)];
        if (_written is not null && content.AsSpan().SequenceEqual(_written)) return true;

        try
        {
            _ = await client.ApplyStatusAsync(status, FieldManager, cancellationToken).ConfigureAwait(false);
            _written = content;
            _writes.WithLabels("written").Inc();
            return true;
        }
        catch (HttpOperationException refusal) when (refusal.IsNotFound || refusal.IsConflict)
        {
            // The configuration has been replaced or deleted; the watch will report it.
            _writes.WithLabels("gone").Inc();
            return true;
        }
        catch (HttpOperationException refusal) when (refusal.IsInvalid)
        {
            // A retry would be refused again.
            _writes.WithLabels("refused").Inc();
            LogRefused(refusal.Message);
            return true;
        }
        catch (Exception failure) when (
            failure is HttpOperationException or HttpRequestException or IOException or TimeoutException or KubernetesConfigurationException
            // Timeouts of the transport surface as a cancellation that this process did not request.
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            _writes.WithLabels("failed").Inc();
            LogFailed(failure.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Error, "The API server refused the node's status: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(LogLevel.Warning, "Failed to write the node's status; retrying: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(LogLevel.Warning, "Failed to write the last status within {Patience}: the API server could not be reached")]
    private partial void LogLastNotWritten(TimeSpan patience);
}
