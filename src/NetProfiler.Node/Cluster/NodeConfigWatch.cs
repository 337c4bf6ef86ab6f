using Microsoft.Extensions.Logging;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>Watches the configuration of this node.</summary>
internal sealed class NodeConfigWatch
{
    private readonly Informer<NodeProfilingConfig> _informer;

    public NodeConfigWatch(IKubernetesClient client, NodeIdentity node, CollectorRegistry metrics, TimeProvider time,
        ILoggerFactory loggers)
    {
        Node = node;
        _informer = new(client, new() { Namespace = node.Namespace, FieldSelector = $"metadata.name={node.Name}" }, metrics, time, loggers);
        _informer.AddHandler(_ => Changed.Set());
    }

    public NodeIdentity Node { get; }

    public Signal Changed { get; } = new();

    /// <summary>Null if the node has no configuration, or if it has not been listed yet.</summary>
    public NodeProfilingConfig? Current => _informer.Lister.Get(Node.Namespace, Node.Name);

    public bool HasSynced => _informer.HasSynced;

    public bool IsHealthy => _informer.IsHealthy;

    public Task RunAsync(CancellationToken cancellationToken) => _informer.RunAsync(cancellationToken);

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _informer.WaitForSyncAsync(cancellationToken);
}

/// <summary>This node, and the agent on it.</summary>
/// <param name="Name">Name of the node and of its configuration.</param>
/// <param name="Namespace">Namespace of node configurations.</param>
internal sealed record NodeIdentity(string Name, string Namespace, NodeAgent Agent);
