using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Events;

namespace NetProfiler.Operator.Tests.Support;

internal sealed class CollectedEvents : IEventRecorder
{
    public List<string> Told { get; } = [];

    public void Publish<TEntity>(TEntity regarding, EventType type, string reason, string action, string note)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Told.Add($"{type} {action} {reason}");
}
