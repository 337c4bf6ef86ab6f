using System.Text.Json.Serialization;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Something that happened to an object, for people (events.k8s.io).</summary>
public sealed record V1Event : IKubernetesEntity<V1Event>
{
    public static EntityMetadata<V1Event> EntityMetadata { get; } =
        new("events.k8s.io", "v1", "Event", "events", Namespaced: true, KubernetesJson.Default.V1Event);

    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset EventTime { get; set; }

    /// <summary>Null: it happened once.</summary>
    public V1EventSeries? Series { get; set; }

    public string ReportingController { get; set; } = "";

    public string ReportingInstance { get; set; } = "";

    /// <summary>What was done, in one CamelCase word.</summary>
    public string Action { get; set; } = "";

    /// <summary>Why, in one CamelCase word.</summary>
    public string Reason { get; set; } = "";

    public V1ObjectReference Regarding { get; set; } = new();

    public string Note { get; set; } = "";

    public EventType Type { get; set; }
}

public enum EventType
{
    Normal,
    Warning,
}

public sealed record V1EventSeries
{
    public int Count { get; set; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset LastObservedTime { get; set; }
}

public sealed record V1ObjectReference
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public string? Namespace { get; set; }

    public string Name { get; set; } = "";

    public string? Uid { get; set; }

    public string? ResourceVersion { get; set; }
}
