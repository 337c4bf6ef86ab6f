using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Events;

/// <summary>Says what happened to an object (<c>kubectl describe</c>). Never waits, never fails.</summary>
/// <param name="reason">Why, in one CamelCase word: <c>NodeConfigRejected</c>, not <c>Error</c>.</param>
/// <param name="message">For people; at most 1 kB.</param>
/// <param name="action">What was done about it, in one CamelCase word; null: the reason. KubeOps has none.</param>
public delegate Task EventPublisher(
    IKubernetesObject<V1ObjectMeta> entity, string reason, string message, EventType type = EventType.Normal,
    CancellationToken cancellationToken = default, string? action = null);
