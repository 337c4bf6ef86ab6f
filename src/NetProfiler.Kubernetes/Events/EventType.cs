namespace NetProfiler.Kubernetes.Events;

public enum EventType
{
    Normal,
    Warning,
}
