using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Events;

/// <summary>Publishes an event about an object (<c>kubectl describe</c>). Never blocks, never fails.</summary>
/// <param name="reason">The reason, as one CamelCase word: <c>NodeConfigRejected</c>, not <c>Error</c>.</param>
/// <param name="message">For display; at most 1 kB.</param>
/// <param name="action">The action that was taken, as one CamelCase word. Null to use the reason. KubeOps does not have this
/// parameter.</param>
public delegate Task EventPublisher(
    IKubernetesObject<V1ObjectMeta> entity, string reason, string message, EventType type = EventType.Normal,
    CancellationToken cancellationToken = default, string? action = null);
