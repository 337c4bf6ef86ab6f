using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Events;

/// <summary>Tells people what happened to an object (<c>kubectl describe</c>). Never waits, never fails.</summary>
public interface IEventRecorder
{
    /// <param name="reason">Why, in one CamelCase word: <c>NodeConfigRejected</c>, not <c>Error</c>.</param>
    /// <param name="action">What was done about it, in one CamelCase word.</param>
    /// <param name="note">For people; at most 1 kB.</param>
    void Publish<TEntity>(TEntity regarding, EventType type, string reason, string action, string note)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;
}
