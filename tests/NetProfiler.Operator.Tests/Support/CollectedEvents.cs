using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Events;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Operator.Tests.Support;

internal sealed class CollectedEvents : IEventRecorder
{
    public List<string> Told { get; } = [];

    public void Publish<TEntity>(TEntity regarding, EventType type, string reason, string action, string note)
        where TEntity : class, IKubernetesEntity<TEntity> => Told.Add($"{type} {action} {reason}");
}
