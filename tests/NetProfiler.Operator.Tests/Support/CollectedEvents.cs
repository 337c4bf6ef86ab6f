using NetProfiler.Kubernetes.Events;

namespace NetProfiler.Operator.Tests.Support;

internal sealed class CollectedEvents
{
    public List<string> Told { get; } = [];

    public EventPublisher Publish => (_, reason, _, type, _, action) =>
    {
        Told.Add($"{type} {action} {reason}");
        return Task.CompletedTask;
    };
}
