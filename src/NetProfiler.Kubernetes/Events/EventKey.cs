using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Events;

/// <summary>Two events with the same key are one event that happened twice.</summary>
internal readonly record struct EventKey(
    string Kind, string? Namespace, string Name, string? Uid, EventType Type, string Reason, string Action, string Note)
{
    public static EventKey Of(V1Event value) => new(
        value.Regarding.Kind, value.Regarding.Namespace, value.Regarding.Name, value.Regarding.Uid, value.Type, value.Reason, value.Action,
        value.Note);
}
