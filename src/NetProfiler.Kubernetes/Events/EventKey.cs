using k8s.Models;

namespace NetProfiler.Kubernetes.Events;

/// <summary>The identity of an event: events with equal keys are occurrences of the same event.</summary>
internal readonly record struct EventKey(
    string Kind, string? Namespace, string Name, string? Uid, string Type, string Reason, string Action, string Note)
{
    public static EventKey Of(Eventsv1Event value) => new(
        value.Regarding.Kind, value.Regarding.NamespaceProperty, value.Regarding.Name, value.Regarding.Uid, value.Type, value.Reason,
        value.Action,
        value.Note);
}
