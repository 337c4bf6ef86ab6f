using System.Text.Json;
using k8s.Autorest;
using Microsoft.Extensions.Logging;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Writes the status of the node's configuration: the latest that was offered, and only what differs from what was written. While the API
/// server is away it keeps trying, and whoever offers does not wait.
/// </summary>
internal sealed partial class StatusWriter(IKubernetesClient client, MetricsRegistry metrics, TimeProvider time, ILogger logger)
{
    public const string FieldManager = "netprofiler-agent";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Signal _offered = new();
    private readonly Counter _writes = metrics.Counter("netprofiler_agent_status_writes", "Writes of the node's status, by result.", null, "result");
    private NodeProfilingConfig? _latest;
    private byte[]? _written;

    /// <param name="status">With the name, namespace and uid of the configuration that it is about.</param>
    public void Offer(NodeProfilingConfig status)
    {
        Volatile.Write(ref _latest, status);
        _offered.Set();
    }

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _offered.WaitAsync(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
                while (!await TryWriteAsync(cancellation).ConfigureAwait(false)) await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What was offered last is written by who ends it.
        }
    }

    /// <summary>Writes what was offered last, if it is not yet. False: the API server is away.</summary>
    public async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _latest) is not { } status) return true;
        byte[] content = [.. JsonSerializer.SerializeToUtf8Bytes(status, ApiJson.Default.NodeProfilingConfig)];
        if (_written is not null && content.AsSpan().SequenceEqual(_written)) return true;

        try
        {
            _ = await client.ApplyStatusAsync(status, FieldManager, cancellation).ConfigureAwait(false);
            _written = content;
            _writes.Increment("written");
            return true;
        }
        catch (HttpOperationException refusal) when (refusal.IsNotFound || refusal.IsConflict)
        {
            // The configuration is another one by now, or gone: the watch will say so.
            _writes.Increment("gone");
            return true;
        }
        catch (HttpOperationException refusal) when (refusal.IsInvalid)
        {
            // Again and again would not help.
            _writes.Increment("refused");
            LogRefused(refusal.Message);
            return true;
        }
        catch (Exception failure) when (failure is HttpOperationException or HttpRequestException or IOException or TimeoutException or KubernetesConfigurationException)
        {
            _writes.Increment("failed");
            LogFailed(failure.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Error, "The status was refused: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(LogLevel.Warning, "The status could not be written, and will be: {Reason}")]
    private partial void LogFailed(string reason);
}
